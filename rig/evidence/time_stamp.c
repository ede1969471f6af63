/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_stamp.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/sha.h>
#include <openssl/ts.h>
#include <string.h>
#include <time.h>

enum { NONCE_BITS = 64, TIMEOUT_S = 30 };

define_cleanup(BIO *, cleanup_bio, BIO_free_all);
define_cleanup(TS_REQ *, cleanup_request, TS_REQ_free);
define_cleanup(TS_RESP *, cleanup_reply, TS_RESP_free);
define_cleanup(TS_VERIFY_CTX *, cleanup_verify, TS_VERIFY_CTX_free);
define_cleanup(TS_MSG_IMPRINT *, cleanup_imprint, TS_MSG_IMPRINT_free);
define_cleanup(X509_STORE *, cleanup_store, X509_STORE_free);
define_cleanup(X509_ALGOR *, cleanup_algorithm, X509_ALGOR_free);
define_cleanup(ASN1_INTEGER *, cleanup_integer, ASN1_INTEGER_free);
define_cleanup(BIGNUM *, cleanup_number, BN_free);

/* The most telling reason on libcrypto's error stack, with its data; clears the stack. */
static bool crypto_error(struct error *error, enum error_kind kind, const char *what)
{
	const char *data = NULL;
	int flags = 0;
	unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
	const char *reason = ERR_reason_error_string(code);
	error_set(error, kind, "%s: %s%s%s", what, reason ? reason : "libcrypto gives no reason", data && *data ? ", " : "",
		  data && (flags & ERR_TXT_STRING) ? data : "");
	ERR_clear_error();
	return false;
}

/* What is asked of an authority; with a nonce when the reply is to be of this very request. */
static TS_REQ *make_request(const void *message, size_t length, bool with_nonce, struct error *error)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	cleanup_with(cleanup_request) TS_REQ *request = TS_REQ_new();
	cleanup_with(cleanup_imprint) TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	cleanup_with(cleanup_algorithm) X509_ALGOR *algorithm = X509_ALGOR_new();
	cleanup_with(cleanup_number) BIGNUM *number = BN_new();
	cleanup_with(cleanup_integer) ASN1_INTEGER *nonce = NULL;
	bool made = request && imprint && algorithm && number && EVP_Digest(message, length, hash, NULL, EVP_sha256(), NULL) == 1 &&
		    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		    TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 && TS_MSG_IMPRINT_set_msg(imprint, hash, sizeof hash) == 1 &&
		    TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
		    TS_REQ_set_cert_req(request, 1) == 1;
	if (made && with_nonce) {
		made = BN_rand(number, NONCE_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		       (nonce = BN_to_ASN1_INTEGER(number, NULL)) != NULL && TS_REQ_set_nonce(request, nonce) == 1;
	}
	if (!made) {
		crypto_error(error, ERROR_BENCH, "a request for a time stamp cannot be made");
		return NULL;
	}
	return steal(&request);
}

static X509_STORE *load_store(const char *ca_file, struct error *error)
{
	cleanup_with(cleanup_store) X509_STORE *store = X509_STORE_new();
	if (!store || X509_STORE_load_file(store, ca_file) != 1) {
		crypto_error(error, ERROR_CONFIG, ca_file);
		error_prefix(error, "no certificates can be read (PEM is needed)");
		return NULL;
	}
	return steal(&store);
}

bool time_stamp_ca_check(const char *ca_file, struct error *error)
{
	cleanup_with(cleanup_store) X509_STORE *store = load_store(ca_file, error);
	return store != NULL;
}

/* Trusts what the token carries: then it holds by itself, and nobody is vouched for. */
static X509_STORE *store_of_token(PKCS7 *token, struct error *error)
{
	cleanup_with(cleanup_store) X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certificates = PKCS7_type_is_signed(token) ? token->d.sign->cert : NULL;
	bool made = store && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
	for (int i = 0; made && i < sk_X509_num(certificates); i++)
		made = X509_STORE_add_cert(store, sk_X509_value(certificates, i)) == 1;
	if (!made) {
		crypto_error(error, ERROR_CONFIG, "the certificates of the time stamp cannot be used");
		return NULL;
	}
	return steal(&store);
}

static bool read_time(TS_RESP *reply, struct tm *time, struct error *error)
{
	TS_TST_INFO *info = TS_RESP_get_tst_info(reply);
	const ASN1_GENERALIZEDTIME *stamped = info ? TS_TST_INFO_get_time(info) : NULL;
	/* A whole second is enough; a fraction, which RFC 3161 allows, is not for ASN1_TIME_to_tm(). */
	char digits[sizeof "YYYYMMDDhhmmssZ"] = "";
	if (stamped && ASN1_STRING_length(stamped) >= (int)sizeof digits - 1)
		memcpy(digits, ASN1_STRING_get0_data(stamped), sizeof digits - 2);
	*time = (struct tm){0};
	const char *end = strptime(digits, "%Y%m%d%H%M%S", time);
	return (end && !*end && time->tm_year >= 70) || error_config(error, "its time cannot be read");
}

/* That the reply's token answers the request and is signed by a certificate that leads into the store, which is used up. */
static bool verify(TS_REQ *request, TS_RESP *reply, X509_STORE *store, time_t at, struct error *error)
{
	cleanup_with(cleanup_verify) TS_VERIFY_CTX *context = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), at);
	if (!context) {
		X509_STORE_free(store);
		return crypto_error(error, ERROR_BENCH, "a time stamp cannot be checked");
	}
	TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE);
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
	TS_VERIFY_CTX_set0_store(context, store);
#else
	TS_VERIFY_CTX_set_store(context, store);
#endif
	return TS_RESP_verify_response(context, reply) == 1 ||
	       crypto_error(error, ERROR_CONFIG, "is no time stamp of this file that holds");
}

static bool check_reply(TS_REQ *request, const void *bytes, size_t length, const char *ca_file, struct time_stamp *stamp,
			struct error *error)
{
	const unsigned char *cursor = bytes;
	struct tm time;
	cleanup_with(cleanup_reply) TS_RESP *reply = length <= LONG_MAX ? d2i_TS_RESP(NULL, &cursor, (long)length) : NULL;
	if (!reply || cursor != (const unsigned char *)bytes + length)
		return crypto_error(error, ERROR_CONFIG, "is no time stamp (a TimeStampResp of RFC 3161 in DER, and nothing after it)");
	if (!TS_RESP_get_token(reply) || !TS_RESP_get_tst_info(reply))
		return error_config(error, "is the reply of an authority that did not stamp");
	if (!read_time(reply, &time, error))
		return false;
	X509_STORE *store = ca_file ? load_store(ca_file, error) : store_of_token(TS_RESP_get_token(reply), error);
	if (!store || !verify(request, reply, store, timegm(&time), error))
		return false;
	strftime(stamp->time, sizeof stamp->time, "%Y-%m-%dT%H:%M:%SZ", &time);
	stamp->trusted = ca_file != NULL;
	return true;
}

bool time_stamp_check(const void *reply, size_t reply_length, const void *message, size_t length, const char *ca_file,
		      struct time_stamp *stamp, struct error *error)
{
	ERR_clear_error();
	cleanup_with(cleanup_request) TS_REQ *request = make_request(message, length, false, error);
	return request && check_reply(request, reply, reply_length, ca_file, stamp, error);
}

/* The URL's parts, of libcrypto's memory. */
struct address {
	char *host, *port, *path;
};

static void cleanup_address(struct address *address)
{
	OPENSSL_free(address->host);
	OPENSSL_free(address->port);
	OPENSSL_free(address->path);
}

static bool parse_url(const char *url, struct address *address, struct error *error)
{
	int encrypted = 0;
	if (OSSL_HTTP_parse_url(url, &encrypted, NULL, &address->host, &address->port, NULL, &address->path, NULL, NULL) != 1)
		return crypto_error(error, ERROR_CONFIG, "is no URL of a time stamping authority (http://HOST[:PORT][/PATH])");
	return !encrypted ||
	       error_config(error, "https is not supported; a time stamp proves itself, and authorities reply to http as well");
}

/* The reply's bytes in a BIO of memory, or NULL. */
static BIO *post(const struct address *address, TS_REQ *request, struct error *error)
{
	cleanup_with(cleanup_bio) BIO *query = BIO_new(BIO_s_mem());
	if (!query || i2d_TS_REQ_bio(query, request) != 1) {
		crypto_error(error, ERROR_BENCH, "a request for a time stamp cannot be made");
		return NULL;
	}
	BIO *reply = OSSL_HTTP_transfer(NULL, address->host, address->port, address->path, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL,
					"application/timestamp-query", query, "application/timestamp-reply", 1, TIME_STAMP_MAX_REPLY,
					TIMEOUT_S, 0);
	if (!reply)
		crypto_error(error, ERROR_BENCH, "no time stamp came");
	return reply;
}

static unsigned char *take_bytes(BIO *bio, size_t *length, struct error *error)
{
	auto_free unsigned char *bytes = malloc(TIME_STAMP_MAX_REPLY);
	*length = 0;
	while (bytes && *length < TIME_STAMP_MAX_REPLY) {
		int got = BIO_read(bio, bytes + *length, (int)(TIME_STAMP_MAX_REPLY - *length));
		if (got <= 0)
			return steal(&bytes);
		*length += (size_t)got;
	}
	error_bench(error, bytes ? "the reply is longer than %d bytes" : "out of memory", TIME_STAMP_MAX_REPLY);
	return NULL;
}

unsigned char *time_stamp_request(const char *url, const char *ca_file, const void *message, size_t length, size_t *reply_length,
				  struct error *error)
{
	cleanup_with(cleanup_address) struct address address = {0};
	struct time_stamp stamp;
	ERR_clear_error();
	if (!time_stamp_ca_check(ca_file, error) || !parse_url(url, &address, error))
		return NULL;
	cleanup_with(cleanup_request) TS_REQ *request = make_request(message, length, true, error);
	cleanup_with(cleanup_bio) BIO *reply = request ? post(&address, request, error) : NULL;
	auto_free unsigned char *bytes = reply ? take_bytes(reply, reply_length, error) : NULL;
	if (!bytes)
		return NULL;
	if (!check_reply(request, bytes, *reply_length, ca_file, &stamp, error)) {
		error->kind = error->kind == ERROR_CONFIG ? ERROR_BENCH : error->kind;
		return NULL;
	}
	return steal(&bytes);
}
