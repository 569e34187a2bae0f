/*
 * OpenSSL calls these functions deprecated in favour of EVP, whose algorithms come from providers. Through EVP the linker
 * would take most of libcrypto from its archive, and a start would set it up; of these it takes five objects.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
