/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "key_file.h"
#include "minisign.h"
#include "signature_statement.h"

/* The example of the documentation of minisign-verify (https://docs.rs/minisign-verify): a signature of the four bytes "test". */
static const char PUBLISHED_KEY[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
static const char PUBLISHED_SIGNATURE[] =
	"untrusted comment: signature from minisign secret key\n"
	"RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n"
	"trusted comment: timestamp:1633700835\tfile:test\tprehashed\n"
	"wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";
/* The same, of the old form that is not prehashed. */
static const char OLD_SIGNATURE[] = "untrusted comment: signature from minisign secret key\n"
				    "RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=\n"
				    "trusted comment: timestamp:1555779966\tfile:test\n"
				    "QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";

/* Read strictly, verified, and its untrusted comment as it is always written. */
static bool accepts(const char *text, size_t length, const char *message, const struct minisign_public_key *key, struct error *error)
{
	struct minisign_signature signature;
	return minisign_parse_signature(text, length, &signature, error) &&
	       minisign_verify(key, message, strlen(message), &signature, error) && minisign_comment_is_usual(signature.untrusted_comment);
}

static struct minisign_public_key published_key(void)
{
	struct minisign_public_key key;
	struct error error = {0};
	cr_assert(minisign_parse_public_key(PUBLISHED_KEY, strlen(PUBLISHED_KEY), &key, &error), "%s", error.text);
	return key;
}

Test(minisign, published_signature_verifies)
{
	struct minisign_public_key key = published_key();
	struct error error = {0};
	char id[MINISIGN_KEY_ID_TEXT_SIZE];
	minisign_key_id_text(key.id, id);
	cr_assert_str_eq(id, "E7620F1842B4E81F");
	cr_assert(accepts(PUBLISHED_SIGNATURE, strlen(PUBLISHED_SIGNATURE), "test", &key, &error), "%s", error.text);
	cr_assert_not(accepts(PUBLISHED_SIGNATURE, strlen(PUBLISHED_SIGNATURE), "Test", &key, &error));
	cr_assert(strstr(error.text, "not a signature of this file"), "%s", error.text);
	cr_assert_not(accepts(OLD_SIGNATURE, strlen(OLD_SIGNATURE), "test", &key, &error));
	cr_assert(strstr(error.text, "old form"), "%s", error.text);
}

Test(minisign, no_byte_of_a_signature_can_change)
{
	struct minisign_public_key key = published_key();
	struct error error = {0};
	size_t length = strlen(PUBLISHED_SIGNATURE);
	char text[sizeof PUBLISHED_SIGNATURE + 1];
	for (size_t i = 0; i < length; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(text, PUBLISHED_SIGNATURE, sizeof PUBLISHED_SIGNATURE);
			text[i] = (char)(text[i] ^ 1 << bit);
			cr_expect_not(accepts(text, length, "test", &key, &error), "bit %d of byte %zu", bit, i);
		}
	memcpy(text, PUBLISHED_SIGNATURE, sizeof PUBLISHED_SIGNATURE);
	cr_assert_not(accepts(text, length - 1, "test", &key, &error), "without its last newline");
	text[length] = '\n';
	cr_assert_not(accepts(text, length + 1, "test", &key, &error), "with one more newline");
}

Test(minisign, keys_round_trip)
{
	struct error error = {0};
	auto_minisign_secret_key struct minisign_secret_key *key = minisign_secret_key_create(&error);
	cr_assert_not_null(key, "%s", error.text);
	/* The least that scrypt may take here, so that the sanitizers' build is quick. */
	auto_minisign_text char *locked = minisign_format_secret_key(key, "sesame", 1 << 24, &error);
	auto_minisign_text char *open = minisign_format_secret_key(key, NULL, 0, &error);
	cr_assert(locked && open, "%s", error.text);
	bool encrypted = false;
	cr_assert(minisign_secret_key_is_encrypted(locked, strlen(locked), &encrypted, &error) && encrypted);
	cr_assert(minisign_secret_key_is_encrypted(open, strlen(open), &encrypted, &error) && !encrypted);
	auto_minisign_secret_key struct minisign_secret_key *a = minisign_parse_secret_key(locked, strlen(locked), "sesame", &error);
	auto_minisign_secret_key struct minisign_secret_key *b = minisign_parse_secret_key(open, strlen(open), NULL, &error);
	cr_assert(a && b, "%s", error.text);
	cr_assert_arr_eq(a->bytes, key->bytes, sizeof key->bytes);
	cr_assert_arr_eq(b->bytes, key->bytes, sizeof key->bytes);
	cr_assert_arr_eq(a->id, key->id, sizeof key->id);
	cr_assert_null(minisign_parse_secret_key(locked, strlen(locked), "Sesame", &error));
	cr_assert_str_eq(error.text, "the password is wrong");
	cr_assert_null(minisign_parse_secret_key(locked, strlen(locked), NULL, &error));
	cr_assert(strstr(error.text, "a password is needed"), "%s", error.text);
}

Test(minisign, other_key_does_not_verify)
{
	struct error error = {0};
	auto_minisign_secret_key struct minisign_secret_key *mine = minisign_secret_key_create(&error), *other = NULL;
	cleanup_with(cleanup_minisign_secret_key) struct minisign_secret_key *second = minisign_secret_key_create(&error);
	struct minisign_signature signature;
	struct minisign_public_key key;
	cr_assert(mine && second && !other, "%s", error.text);
	cr_assert(minisign_sign(mine, "test", 4, "timestamp:1\tfile:x\thashed", &signature, &error));
	minisign_public_key_of(mine, &key);
	cr_assert(minisign_verify(&key, "test", 4, &signature, &error), "%s", error.text);
	minisign_public_key_of(second, &key);
	cr_assert_not(minisign_verify(&key, "test", 4, &signature, &error));
	/* An equal id does not help. */
	memcpy(key.id, mine->id, sizeof key.id);
	cr_assert_not(minisign_verify(&key, "test", 4, &signature, &error));
	cr_assert_not(minisign_sign(mine, "test", 4, "two\nlines", &signature, &error));
}

Test(minisign, greedy_key_files_are_refused)
{
	/* An encrypted key whose scrypt would take 2^62 bytes. */
	uint8_t blob[158] = "EdScB2";
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[512] = "untrusted comment: x\n", *end = text + strlen(text);
	struct error error = {0};
	blob[6 + 32 + 15] = 0x40;
	for (size_t i = 0; i < sizeof blob; i += 3) {
		unsigned word = blob[i] << 16 | (i + 1 < sizeof blob ? blob[i + 1] << 8 : 0) | (i + 2 < sizeof blob ? blob[i + 2] : 0);
		for (int k = 0; k < 4; k++)
			*end++ = i + k > sizeof blob ? '=' : digits[word >> (18 - 6 * k) & 63];
	}
	strcpy(end, "\n");
	cr_assert_null(minisign_parse_secret_key(text, strlen(text), "x", &error));
	cr_assert(strstr(error.text, "more work than minisign"), "%s", error.text);
}

#define STATEMENT_KEY "\"key_id\": \"E7620F1842B4E81F\", \"public_key\": \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\""
#define HASH "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

static bool reads(const char *text, struct error *error)
{
	auto_signature_statement struct signature_statement statement = {0};
	return signature_statement_parse(text, strlen(text), &statement, error);
}

Test(statement, is_read_strictly)
{
	static const struct {
		const char *text, *fragment; /* NULL: good */
	} CASES[] = {
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY
		 ", \"covers\": {\"SHA256SUMS\": " HASH "}}",
		 NULL},
		{"", "is not JSON"},
		{"[]", "no statement"},
		{"{\"meaning\": \"performed\"}", "no statement"},
		{"{\"meaning\": \"read\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY ", \"covers\": {}}",
		 "its meaning"},
		{"{\"meaning\": \"performed\", \"meaning\": \"performed\", \"name\": \"A\", \"time\": "
		 "\"2026-11-22T02:30:00Z\", " STATEMENT_KEY ", \"covers\": {}}",
		 "duplicate"},
		{"{\"meaning\": \"performed\", \"name\": \" \", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY ", \"covers\": {}}",
		 "its name"},
		{"{\"meaning\": \"performed\", \"name\": \"A\\u001b[2J\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY
		 ", \"covers\": {}}",
		 "its name"},
		{"{\"meaning\": \"performed\", \"name\": \"A\\u202eB\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY
		 ", \"covers\": {}}",
		 "its name"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-31T02:30:00Z\", " STATEMENT_KEY ", \"covers\": {}}",
		 "its time"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22 02:30:00\", " STATEMENT_KEY ", \"covers\": {}}",
		 "its time"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY
		 ", \"covers\": {\"SHA256SUMS\": \"0\"}}",
		 "no SHA-256"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY ", \"covers\": []}",
		 "its covers"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", " STATEMENT_KEY
		 ", \"covers\": {}, \"more\": 1}",
		 "no statement"},
		{"{\"meaning\": \"performed\", \"name\": \"A\", \"time\": \"2026-11-22T02:30:00Z\", \"key_id\": \"E7620F1842B4E810\", "
		 "\"public_key\": \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\", \"covers\": {}}",
		 "its key_id"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct error error = {0};
		bool read = reads(CASES[i].text, &error);
		cr_expect_eq(read, CASES[i].fragment == NULL, "case %zu: %s", i, error.text);
		cr_expect(!CASES[i].fragment || strstr(error.text, CASES[i].fragment), "case %zu: %s", i, error.text);
	}
}

Test(statement, comes_back_as_it_went)
{
	auto_signature_statement struct signature_statement statement = {.meaning = SIGNATURE_APPROVED,
									 .name = "B. \"Q\" Ōta",
									 .time = "2026-11-22T02:30:00Z"},
							    again = {0};
	struct error error = {0};
	statement.key = published_key();
	cr_assert(signature_statement_cover(&statement, "SHA256SUMS", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
	auto_free char *text = signature_statement_format(&statement);
	cr_assert(text && signature_statement_parse(text, strlen(text), &again, &error), "%s", error.text);
	cr_expect_eq(again.meaning, SIGNATURE_APPROVED);
	cr_expect_str_eq(again.name, statement.name);
	cr_expect_str_eq(again.time, statement.time);
	cr_expect_str_eq(signature_statement_covered(&again, "SHA256SUMS"), statement.covers[0].sha256);
	cr_expect_null(signature_statement_covered(&again, "result.json"));
}

Test(statement, comment_names_file_and_stamp)
{
	char comment[MINISIGN_COMMENT_SIZE], name[SIGNATURE_FILE_SIZE], tsr[DIGEST_HEX_SIZE];
	cr_assert(signature_comment_format(comment, 1, "01-performed.json", NULL));
	cr_expect_str_eq(comment, "timestamp:1\tfile:01-performed.json\thashed");
	signature_comment_parse(comment, name, tsr);
	cr_expect_str_eq(name, "01-performed.json");
	cr_expect_str_empty(tsr);
	cr_assert(signature_comment_format(comment, 1, "01-performed.json", "ab"));
	signature_comment_parse(comment, name, tsr);
	cr_expect_str_eq(tsr, "ab");
	signature_comment_parse("nothing of it", name, tsr);
	cr_expect_str_empty(name);
	cr_expect_str_empty(tsr);
}
