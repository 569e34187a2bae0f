/*
 * Ed25519 by OpenSSL's libcrypto, opened when it is first asked for: what the program has of it in itself can hash, and no
 * more.
 */
#ifndef CSIGNATURE_H
#define CSIGNATURE_H

#include <stddef.h>

/* A key of any algorithm, private or public. */
struct evp_pkey_st;

/* The length of a signature, and of a public key as a SubjectPublicKeyInfo (RFC 8410). */
enum { csignature_length = 64, csignature_public_key_length = 44 };

/*
 * Opens the library, once. NULL, or why it can't be used: a text that stays. Until it has said NULL nothing else here may
 * be called.
 */
const char *csignature_unavailable(void);

/* The key in a text as OpenSSL writes it (PEM); NULL if there is none that can be read. Nobody is asked for a password. */
struct evp_pkey_st *csignature_read_private_key(const void *text, int length);
struct evp_pkey_st *csignature_read_public_key(const void *text, int length);

/* Also clears what of a private key is in memory. */
void csignature_free_key(struct evp_pkey_st *key);

/* What OpenSSL calls the key's algorithm, "ED25519" among them; NULL where it has no name. */
const char *csignature_algorithm(const struct evp_pkey_st *key);

/* Writes the public half of an Ed25519 key. 0 if that failed. */
int csignature_public_key(const struct evp_pkey_st *key, unsigned char info[csignature_public_key_length]);

/* Signs with an Ed25519 key. 0 if that failed. */
int csignature_sign(struct evp_pkey_st *key, const void *text, size_t length,
		    unsigned char signature[csignature_length]);

/* Whether a signature is this key's, of this text. 1, 0, or -1 if it could not be found out. */
int csignature_verify(struct evp_pkey_st *key, const void *text, size_t length, const unsigned char *signature,
		      size_t signature_length);

/* Why the last call of this thread failed, in the library's words; NULL where it has none. */
const char *csignature_reason(void);

#endif
