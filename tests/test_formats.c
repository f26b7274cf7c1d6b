/* Writers of JSON: text of any bytes, and profiles that no capture has. */
#include "config.h"

#include <stdlib.h>

#include "conv/gecko_write.h"
#include "conv/json_text.h"
#include "conv/speedscope_write.h"
#include "tests/tap.h"

static const char *text_of(struct buf *out)
{
	buf_add(out, "", 1);
	return (const char *)out->bytes;
}

static void test_strings(void)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "main(int)", "\"main(int)\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\x7f", "\"\\u000a\\u0009\\u007f\"" },
		{ "\xc3\xa4\xf0\x9f\x98\x80", "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
		{ "\xff\n", "\"\\\\xff\\\\x0a\"" },
		{ "\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };

		json_add_string(&out, cases[i].text);
		ok_string(text_of(&out), cases[i].json, "string %zu", i);
		buf_release(&out);
	}
}

static void test_numbers(void)
{
	static const struct {
		int64_t number;
		const char *json, *ms;
	} cases[] = {
		{ 0, "0", "0" },
		{ 7, "7", "0.000007" },
		{ -1500000, "-1500000", "-1.5" },
		{ 1000000, "1000000", "1" },
		{ 1000010, "1000010", "1.00001" },
		{ INT64_MAX, "9223372036854775807", "9223372036854.775807" },
		{ INT64_MIN, "-9223372036854775808", "-9223372036854.775808" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf number = { 0 }, ms = { 0 };

		json_add_number(&number, cases[i].number);
		json_add_ms(&ms, cases[i].number);
		ok_string(text_of(&number), cases[i].json, "number %zu", i);
		ok_string(text_of(&ms), cases[i].ms, "milliseconds %zu", i);
		buf_release(&number);
		buf_release(&ms);
	}
}

/* A profile of allocations: "objects" and "space", of a.c's function "a:1". */
static void make_profile(struct profile *profile)
{
	struct module module = { .kind = MODULE_FILE };
	struct function function = { 0 };
	uint32_t location, sample;

	profile_init(profile);
	*vec_add(&profile->types) =
		(struct value_type){ profile_add_string(profile, "objects"),
				     profile_add_string(profile, "count") };
	*vec_add(&profile->types) =
		(struct value_type){ profile_add_string(profile, "space"),
				     profile_add_string(profile, "bytes") };
	profile->default_type = 1;
	module.path = profile_add_string(profile, "/tmp/x (deleted)");
	function.name = profile_add_string(profile, "a:1");
	function.filename = profile_add_string(profile, "a.c");
	location = profile_add_location(
		profile, profile_add_module(profile, &module), 0x10);
	profile_name_location(profile, location,
			      &(struct frame){ .function = profile_add_function(
						       profile, &function),
					       .line = 3 },
			      1);
	sample = profile_add_sample(profile,
				    profile_add_stack(profile, &location, 1),
				    profile_add_labels(profile, NULL, 0));
	profile->values.items[profile->samples.items[sample].first_value] = 2;
	profile->values.items[profile->samples.items[sample].first_value + 1] =
		INT64_MAX;
}

static void test_profiles(void)
{
	struct buf speedscope = { 0 }, gecko = { 0 };
	struct profile profile;
	const char *text;

	make_profile(&profile);
	speedscope_write(&profile, &(struct speedscope_options){ 0 },
			 &speedscope);
	text = text_of(&speedscope);
	ok(strstr(text, "\"name\":\"space\",\"unit\":\"bytes\","
			"\"startValue\":0,\"endValue\":9223372036854775807"),
	   "speedscope: bytes");
	ok(strstr(text, "\"name\":\"objects\",\"unit\":\"none\""),
	   "speedscope: counts");
	ok(strstr(text, "{\"name\":\"a:1\",\"file\":\"a.c\"}"),
	   "speedscope: no line where none is known");
	gecko_write(&profile, &(struct gecko_options){ 0 }, &gecko);
	text = text_of(&gecko);
	ok(strstr(text, "\"data\":[\n[0,0,0],\n[0,1,0]\n]"),
	   "gecko: two samples out of a count of two");
	ok(strstr(text, "\"a:1 (in x [deleted])\""),
	   "gecko: a name that is not taken for JavaScript");
	buf_release(&speedscope);
	buf_release(&gecko);
	profile_release(&profile);
}

static void test_nothing(void)
{
	struct buf out = { 0 };
	struct profile profile;

	profile_init(&profile);
	speedscope_write(&profile, &(struct speedscope_options){ 0 }, &out);
	gecko_write(&profile, &(struct gecko_options){ 0 }, &out);
	ok_equal(out.size, 0, "without value types there is nothing");
	profile_release(&profile);
	buf_release(&out);
}

int main(void)
{
	test_strings();
	test_numbers();
	test_profiles();
	test_nothing();
	return tap_done();
}
