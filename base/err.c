#include "config.h"
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Long enough for a message with two paths, cut when it is put into an err. */
enum { RAW_SIZE = 2048 };

bool err_set(struct err *err, const char *format, ...)
{
	char raw[RAW_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_escape(err->text, sizeof(err->text), raw);
	return false;
}

bool err_set_errno(struct err *err, const char *format, ...)
{
	const char *why = strerror(errno);
	char raw[RAW_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	return err_set(err, "%s: %s", raw, why);
}

bool err_prefix(struct err *err, const char *format, ...)
{
	char raw[RAW_SIZE], rest[sizeof(err->text)];
	va_list args;

	memcpy(rest, err->text, sizeof(rest));
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	return err_set(err, "%s: %s", raw, rest);
}
