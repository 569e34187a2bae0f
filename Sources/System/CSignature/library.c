#include "csignature.h"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>

/* Where each function is. */
static struct {
#define FUNCTION(name) __typeof__(name) *name;
#include "functions.h"
#undef FUNCTION
} crypto;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char reason[512];

/* In a program that tools/build/make-static links the library is there already, and none of these is NULL. */
#define FUNCTION(name) extern __typeof__(name) name __attribute__((weak));
#include "functions.h"
#undef FUNCTION

static void resolve(void)
{
#define FUNCTION(name) crypto.name = name;
#include "functions.h"
#undef FUNCTION
	/* Another version of it, which something else has brought along, may have some of them. */
	int all = 1;
#define FUNCTION(name) all = all && crypto.name;
#include "functions.h"
#undef FUNCTION
	if (all)
		return;
	void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(reason, sizeof(reason), "%s", dlerror());
		return;
	}
#define FUNCTION(name) \
	crypto.name = (__typeof__(crypto.name))dlsym(library, #name); \
	if (!crypto.name) { \
		snprintf(reason, sizeof(reason), "libcrypto has no %s", #name); \
		return; \
	}
#include "functions.h"
#undef FUNCTION
}

const char *csignature_unavailable(void)
{
	pthread_once(&once, resolve);
	return *reason ? reason : NULL;
}

/* In place of the library's own, which would ask on the terminal. */
static int no_password(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

static EVP_PKEY *read_key(const void *text, int length,
			  EVP_PKEY *(*read)(BIO *, EVP_PKEY **, pem_password_cb *, void *))
{
	crypto.ERR_clear_error();
	BIO *source = crypto.BIO_new_mem_buf(text, length);
	if (!source)
		return NULL;
	EVP_PKEY *key = read(source, NULL, no_password, NULL);
	crypto.BIO_free(source);
	return key;
}

struct evp_pkey_st *csignature_read_private_key(const void *text, int length)
{
	return read_key(text, length, crypto.PEM_read_bio_PrivateKey);
}

struct evp_pkey_st *csignature_read_public_key(const void *text, int length)
{
	return read_key(text, length, crypto.PEM_read_bio_PUBKEY);
}

void csignature_free_key(struct evp_pkey_st *key)
{
	crypto.EVP_PKEY_free(key);
}

const char *csignature_algorithm(const struct evp_pkey_st *key)
{
	return crypto.EVP_PKEY_get0_type_name(key);
}

int csignature_public_key(const struct evp_pkey_st *key, unsigned char info[csignature_public_key_length])
{
	crypto.ERR_clear_error();
	if (crypto.i2d_PUBKEY(key, NULL) != csignature_public_key_length)
		return 0;
	return crypto.i2d_PUBKEY(key, &info) == csignature_public_key_length;
}

/* Ed25519 signs the text itself, not a hash of it: there is no digest to name. */
int csignature_sign(struct evp_pkey_st *key, const void *text, size_t length,
		    unsigned char signature[csignature_length])
{
	size_t written = csignature_length;

	crypto.ERR_clear_error();
	EVP_MD_CTX *context = crypto.EVP_MD_CTX_new();
	int done = context && crypto.EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1
		   && crypto.EVP_DigestSign(context, signature, &written, text, length) == 1
		   && written == csignature_length;
	crypto.EVP_MD_CTX_free(context);
	return done;
}

int csignature_verify(struct evp_pkey_st *key, const void *text, size_t length, const unsigned char *signature,
		      size_t signature_length)
{
	int result = -1;

	crypto.ERR_clear_error();
	EVP_MD_CTX *context = crypto.EVP_MD_CTX_new();
	if (context && crypto.EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1)
		/* 0, or less, for a signature that is none at all. */
		result = crypto.EVP_DigestVerify(context, signature, signature_length, text, length) == 1;
	crypto.EVP_MD_CTX_free(context);
	return result;
}

const char *csignature_reason(void)
{
	unsigned long error = crypto.ERR_peek_last_error();
	return error ? crypto.ERR_reason_error_string(error) : NULL;
}
