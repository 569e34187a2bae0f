/* libcurl, opened when it is first asked for: its thirty libraries cost more than all of a start without a network. */
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>

#include <curl/curl.h>

/*
 * Opens the library, once. NULL, or why it can't be used: a text that stays. Until it has said NULL nothing else
 * here may be called. Whatever this process is told to do about SIGPIPE by default becomes to ignore it: a server that
 * goes away is an error of the one request.
 */
const char *ccurl_unavailable(void);

/* Where the library looks for certificate authorities by itself: a file, a directory. NULL where it has none. */
const char *ccurl_authorities_file(void);
const char *ccurl_authorities_directory(void);

/* Whether it can do HTTP/2, and give a proxy TLS. */
int ccurl_speaks_http2(void);
int ccurl_speaks_to_https_proxies(void);

/* The functions of the same names. */
CURL *ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *easy);
void ccurl_easy_reset(CURL *easy);
CURLcode ccurl_easy_pause(CURL *easy, int mask);
const char *ccurl_easy_strerror(CURLcode code);
struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text);
void ccurl_slist_free_all(struct curl_slist *list);
CURLM *ccurl_multi_init(void);
CURLMcode ccurl_multi_cleanup(CURLM *multi);
CURLMcode ccurl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_perform(CURLM *multi);
CURLMcode ccurl_multi_poll(CURLM *multi, int milliseconds);
const char *ccurl_multi_strerror(CURLMcode code);

/* curl_easy_setopt by the kind of value, since Swift has no variadic calls. Texts are copied, lists are not. */
CURLcode ccurl_set_number(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_buffer(CURL *easy, CURLoption option, char *buffer);

/* What a transfer calls, with its context as the last argument but where curl has it first. */
struct ccurl_calls {
	size_t (*header)(char *bytes, size_t size, size_t count, void *context);
	size_t (*body)(char *bytes, size_t size, size_t count, void *context);
	size_t (*upload)(char *buffer, size_t size, size_t count, void *context);
	int (*seek)(void *context, curl_off_t offset, int origin);
	/* There is a connection, and the request goes out on it. */
	int (*connected)(void *context, char *ip, char *own_ip, int port, int own_port);
};
CURLcode ccurl_set_calls(CURL *easy, const struct ccurl_calls *calls, void *context);

/* curl_easy_getinfo of a number: 0 where there is none. */
long ccurl_number(CURL *easy, CURLINFO info);

/* Whether the multi handle's one transfer is over, and how it ended. */
int ccurl_is_over(CURLM *multi, CURLcode *result);

#endif
