#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Signing: keys and signatures against minisign, time stamps against openssl, and a signed bundle tampered with in every way.
# usage: signing.sh TMSRIG TAMPER [CHANGES [SEED]]
set -u
tmsrig=$(realpath "$1") tamper=$(realpath "$2") changes=${3:-300} seed=${4:-1}
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
tsa_pid=
trap '[ -z "$tsa_pid" ] || kill "$tsa_pid" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export TMSRIG_STATE=$work/state HOME=$work
unset http_proxy HTTP_PROXY
passed=0 failed=0
check() { # name, command...
  local name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; tail -n 5 check.out; fi
}
refused() { # status, fragment of the message, command...
  local want=$1 fragment=$2 got
  shift 2
  "$@" >out 2>err </dev/null
  got=$?
  [ "$got" = "$want" ] || { echo "exit status $got, expected $want"; cat err; return 1; }
  grep -qF -- "$fragment" err || { echo "stderr lacks '$fragment':"; cat err; return 1; }
}
sign() { "$tmsrig" sign "$@"; }
files_of() { (cd "$1" && find . -type f | sort | xargs sha256sum); }

for n in 1 2; do "$tmsrig" run smoke --out "ev$n" --seed "$n" --quiet >/dev/null 2>&1; done
[ -s ev1/SHA256SUMS ] && [ -s ev2/SHA256SUMS ] || { echo "no bundles"; exit 1; }
cp -r ev1 bare

# Keys, ours and minisign's.
check "keygen" "$tmsrig" keygen --no-password --out a.key
check "the secret key is its owner's alone" eval '[ "$(stat -c %a a.key)" = 600 ]'
check "keys are never overwritten" refused 2 "never overwritten" "$tmsrig" keygen --no-password --out a.key
minisign -G -W -p b.pub -s b.key >/dev/null 2>&1
chmod 600 b.key
printf 'sesame\n' >word
chmod 600 word
check "keygen with a password" "$tmsrig" keygen --out c.key --password-file word
echo message >message
check "minisign signs with our key" minisign -S -s a.key -m message
check "and our public key checks it" minisign -V -p a.pub -m message
check "minisign opens our encrypted key" eval 'minisign -S -s c.key -x c.minisig -m message <word && minisign -V -p c.pub -x c.minisig -m message'
check "a wrong password" eval 'echo wrong >wrong; chmod 600 wrong; refused 2 "the password is wrong" sign ev1 --key c.key --meaning performed --name X --password-file wrong'
check "a password is needed" eval 'refused 2 "no terminal to ask on" setsid "$tmsrig" sign ev1 --key c.key --meaning performed --name X'
check "a key that others may read" eval 'cp a.key open.key; chmod 640 open.key; refused 2 "chmod 600" sign ev1 --key open.key --meaning performed --name X'
check "a password that others may read" eval 'cp word open.word; chmod 644 open.word; refused 2 "chmod 600" sign ev1 --key c.key --meaning performed --name X --password-file open.word'
check "a public key is no secret key" eval 'cp a.pub pub.key; chmod 600 pub.key; refused 2 "is no minisign secret key" sign ev1 --key pub.key --meaning performed --name X'

# A time stamping authority of our own.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "/CN=Test CA" -days 30 >/dev/null 2>&1
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj "/CN=Other CA" -days 30 >/dev/null 2>&1
openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj "/CN=Test TSA" >/dev/null 2>&1
printf 'extendedKeyUsage = critical,timeStamping\n' >tsa.ext
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.ext -out tsa.pem >/dev/null 2>&1
echo 01 >serial
cat >tsa.cnf <<END
[tsa]
default_tsa = tsa1
[tsa1]
serial = $work/serial
signer_cert = $work/tsa.pem
certs = $work/ca.pem
signer_key = $work/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
END
/usr/bin/python3 "$here/tamper/tsa.py" "$work" 2>tsa.log &
tsa_pid=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat port)
stamp=(--tsa "$url/" --tsa-ca ca.pem)

# What must not be signed.
check "approved before performed" refused 2 "before somebody signed" sign ev1 --key a.key --meaning approved --name X
check "a changed bundle" eval 'cp -r bare changed; echo >>changed/pulses.csv; refused 2 "pulses.csv" sign changed --key a.key --meaning performed --name X && [ ! -e changed/signatures ]'
check "an incomplete bundle" eval 'cp -r bare cut.incomplete; rm cut.incomplete/SHA256SUMS; refused 2 "SHA256SUMS" sign cut.incomplete --key a.key --meaning performed --name X'
check "a broken log" eval '! [ -e bare/events.jsonl ] || { cp -r bare log; sed -i 1d log/events.jsonl; (cd log && find . -type f ! -name SHA256SUMS -printf "%P\n" | sort | xargs sha256sum >SHA256SUMS); refused 2 "events.jsonl" sign log --key a.key --meaning performed --name X; }'
check "a name of nothing" refused 2 "no name to sign with" sign ev1 --key a.key --meaning performed --name " "
check "an authority that is not there" refused 4 "http://127.0.0.1:9/" sign ev1 --key a.key --meaning performed --name X --tsa http://127.0.0.1:9/ --tsa-ca ca.pem
check "an authority of another CA" refused 4 "is no time stamp of this file that holds" sign ev1 --key a.key --meaning performed --name X --tsa "$url/" --tsa-ca other.pem
check "no stamp in the reply" refused 4 "$url/garbage" sign ev1 --key a.key --meaning performed --name X --tsa "$url/garbage" --tsa-ca ca.pem
check "a refusal" refused 4 "$url/refuse" sign ev1 --key a.key --meaning performed --name X --tsa "$url/refuse" --tsa-ca ca.pem
check "https is told not to be there" refused 2 "https" sign ev1 --key a.key --meaning performed --name X --tsa https://127.0.0.1/ --tsa-ca ca.pem
check "none of these left anything" eval '[ ! -e ev1/signatures ] && [ ! -e ev1/signatures.incomplete ]'

# Two signatures, the second with a key of minisign's.
files_of ev1 >before
check "performed" sign ev1 --key c.key --meaning performed --name "A. Müller" --password-file word "${stamp[@]}"
check "approved" sign ev1 --key b.key --meaning approved --name "B. Ōta" "${stamp[@]}"
check "no other file was touched" eval '(cd ev1 && find . -type f ! -path "./signatures/*" | sort | xargs sha256sum) | cmp - before'
check "the manifest still holds" eval 'cd ev1 && sha256sum --quiet -c SHA256SUMS; status=$?; cd ..; [ $status = 0 ]'
check "minisign checks the first" minisign -V -m ev1/signatures/01-performed.json -p c.pub
check "minisign checks the second" minisign -V -m ev1/signatures/02-approved.json -p b.pub
check "with the key it states" eval 'minisign -V -m ev1/signatures/02-approved.json -P "$(sed -n "s/.*\"public_key\": \"\(.*\)\".*/\1/p" ev1/signatures/02-approved.json)"'
check "openssl checks the time stamp" openssl ts -verify -data ev1/signatures/02-approved.json -in ev1/signatures/02-approved.json.tsr -CAfile ca.pem
check "openssl sees another file" eval '! openssl ts -verify -data ev1/signatures/01-performed.json -in ev1/signatures/02-approved.json.tsr -CAfile ca.pem'
check "what is covered, by sha256sum" eval 'cd ev1 && sed -n "s/^ *\"\(SHA256SUMS\|signatures[^\"]*\)\": \"\([0-9a-f]*\)\".*/\2  \1/p" signatures/02-approved.json >../covers; sha256sum --quiet -c ../covers; status=$?; cd ..; [ $status = 0 ] && [ "$(wc -l <covers)" = 4 ]'
check "a stamp of another request" refused 4 "nonce" sign ev1 --key a.key --meaning reviewed --name X --tsa "$url/other" --tsa-ca ca.pem
check "twice the same" refused 2 "already signed" sign ev1 --key b.key --meaning approved --name "B. Ota"
check "one key with another name" refused 2 "one key is one person" sign ev1 --key b.key --meaning reviewed --name "B. Ota"
check "twice if asked" eval 'cp -r ev1 twice; sign twice --key b.key --meaning approved --name "B. Ōta" --again && [ -s twice/signatures/03-approved.json.minisig ]'
check "a bundle with a wrong signature is not signed on" eval 'cp -r ev1 forged; sed -i "s/Müller/Miller/" forged/signatures/01-performed.json; refused 2 "01-performed.json" sign forged --key a.key --meaning reviewed --name X'
check "one that was cut off is taken back" eval 'cp -r ev1 torn; mkdir torn/signatures.incomplete; cp ev1/signatures/01-performed.json torn/signatures.incomplete/03-reviewed.json; cp ev1/signatures/01-performed.json.minisig torn/signatures/03-reviewed.json.minisig; sign torn --key a.key --meaning reviewed --name X && [ ! -e torn/signatures.incomplete ] && minisign -V -m torn/signatures/03-reviewed.json -p a.pub'
killed=0
for n in $(seq 10); do
  rm -rf kill
  cp -r ev1 kill
  "$tmsrig" sign kill --key a.key --meaning reviewed --name X >/dev/null 2>&1 &
  pid=$!
  sleep "0.0$((n - 1))$((RANDOM % 10))"
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  # Whatever there is: the old signatures hold, and signing goes on.
  minisign -Vq -m kill/signatures/02-approved.json -p b.pub || break
  sign kill --key a.key --meaning reviewed --name X --again >/dev/null || break
  killed=$((killed + 1))
done
check "killed at 10 moments, signing goes on" [ "$killed" = 10 ]
sign ev2 --key a.key --meaning performed --name "A. Müller" "${stamp[@]}" >/dev/null && sign ev2 --key b.key --meaning approved --name "B. Ōta" "${stamp[@]}" >/dev/null
ledger=$(find state -name ledger.jsonl)
check "tampering" eval '"$tamper" ev1 ev2 "$ledger" "$changes" "$seed"'
tail -n 1 check.out
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 40 ]
