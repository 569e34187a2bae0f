#include "library.h"

CURL *ccurl_easy_init(void)
{
	return curl.easy_init();
}

void ccurl_easy_cleanup(CURL *easy)
{
	curl.easy_cleanup(easy);
}

void ccurl_easy_reset(CURL *easy)
{
	curl.easy_reset(easy);
}

CURLcode ccurl_easy_pause(CURL *easy, int mask)
{
	return curl.easy_pause(easy, mask);
}

const char *ccurl_easy_strerror(CURLcode code)
{
	return curl.easy_strerror(code);
}

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text)
{
	return curl.slist_append(list, text);
}

void ccurl_slist_free_all(struct curl_slist *list)
{
	curl.slist_free_all(list);
}

CURLM *ccurl_multi_init(void)
{
	return curl.multi_init();
}

CURLMcode ccurl_multi_cleanup(CURLM *multi)
{
	return curl.multi_cleanup(multi);
}

CURLMcode ccurl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return curl.multi_add_handle(multi, easy);
}

CURLMcode ccurl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return curl.multi_remove_handle(multi, easy);
}

CURLMcode ccurl_multi_perform(CURLM *multi)
{
	int running;

	return curl.multi_perform(multi, &running);
}

CURLMcode ccurl_multi_poll(CURLM *multi, int milliseconds)
{
	return curl.multi_poll(multi, NULL, 0, milliseconds, NULL);
}

const char *ccurl_multi_strerror(CURLMcode code)
{
	return curl.multi_strerror(code);
}

CURLcode ccurl_set_number(CURL *easy, CURLoption option, long value)
{
	return curl.easy_setopt(easy, option, value);
}

CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value)
{
	return curl.easy_setopt(easy, option, value);
}

CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value)
{
	return curl.easy_setopt(easy, option, value);
}

CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value)
{
	return curl.easy_setopt(easy, option, value);
}

CURLcode ccurl_set_buffer(CURL *easy, CURLoption option, char *buffer)
{
	return curl.easy_setopt(easy, option, buffer);
}

/* Of a library that is new enough none of these can fail. */
CURLcode ccurl_set_calls(CURL *easy, const struct ccurl_calls *calls, void *context)
{
	curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, calls->header);
	curl.easy_setopt(easy, CURLOPT_HEADERDATA, context);
	curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, calls->body);
	curl.easy_setopt(easy, CURLOPT_WRITEDATA, context);
	curl.easy_setopt(easy, CURLOPT_READFUNCTION, calls->upload);
	curl.easy_setopt(easy, CURLOPT_READDATA, context);
	curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, calls->seek);
	curl.easy_setopt(easy, CURLOPT_SEEKDATA, context);
	curl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, calls->connected);
	return curl.easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

long ccurl_number(CURL *easy, CURLINFO info)
{
	long value = 0;

	return curl.easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

int ccurl_is_over(CURLM *multi, CURLcode *result)
{
	int left;
	CURLMsg *message = curl.multi_info_read(multi, &left);

	if (!message || message->msg != CURLMSG_DONE)
		return 0;
	*result = message->data.result;
	return 1;
}

static const curl_version_info_data *version(void)
{
	return curl.version_info(CURLVERSION_NOW);
}

/* What came with a later version of the library is there if the library is of that version. */
const char *ccurl_authorities_file(void)
{
	return version()->age >= CURLVERSION_SEVENTH ? version()->cainfo : NULL;
}

const char *ccurl_authorities_directory(void)
{
	return version()->age >= CURLVERSION_SEVENTH ? version()->capath : NULL;
}

int ccurl_speaks_http2(void)
{
	return (version()->features & CURL_VERSION_HTTP2) != 0;
}

int ccurl_speaks_to_https_proxies(void)
{
	return (version()->features & CURL_VERSION_HTTPS_PROXY) != 0;
}
