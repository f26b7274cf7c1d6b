/* Records, the timeline and unique stacks, from literal bytes. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "conv/event_name.h"
#include "conv/gzip.h"
#include "conv/perf_abi.h"
#include "conv/read.h"
#include "conv/perf_record.h"
#include "conv/value_types.h"
#include "tests/tap.h"

/* ---- a capture in memory ---- */

static struct event plain_event(void)
{
	return (struct event){
		.sample_type = SAMPLE_IP | SAMPLE_TID | SAMPLE_TIME |
			       SAMPLE_PERIOD | SAMPLE_CALLCHAIN,
		.flags = ATTR_SAMPLE_ID_ALL | ATTR_FREQ,
	};
}

static void add_record(struct buf *out, uint32_t type, uint16_t misc,
		       const uint64_t *words, size_t n)
{
	uint32_t size = (uint32_t)(8 + 8 * n) << 16 | misc;

	buf_add_u32(out, type);
	buf_add_u32(out, size);
	buf_add(out, words, 8 * n);
}

static void test_sample(void)
{
	uint64_t words[] = { 0x1234, 7 | UINT64_C(8) << 32, 99,	   50,
			     2,	     CONTEXT_USER,	    0x1234 };
	struct perf_file file = { 0 };
	struct perf_sample sample;
	struct record record = { .type = RECORD_SAMPLE, .misc = MISC_USER };
	struct buf bytes = { 0 };

	*vec_add(&file.events) = plain_event();
	add_record(&bytes, RECORD_SAMPLE, MISC_USER, words, 7);
	record.bytes = bytes.bytes;
	record.size = (uint16_t)bytes.size;
	ok(perf_sample_parse(&sample, &file, &record), "a sample");
	ok_equal(sample.ip, 0x1234, "ip");
	ok(sample.pid == 7 && sample.tid == 8, "pid and tid");
	ok(sample.time == 99 && sample.period == 50, "time and period");
	ok_equal(reader_left(&sample.callchain), 16, "two entries");
	for (uint16_t size = 8; size < bytes.size; size++) {
		record.size = size;
		if (perf_sample_parse(&sample, &file, &record))
			break;
	}
	ok_equal(record.size, bytes.size - 1, "cut anywhere it is damaged");
	record.size = (uint16_t)bytes.size;
	memset(bytes.bytes + 8 + 4 * 8, 0xff, 8);
	ok(!perf_sample_parse(&sample, &file, &record),
	   "a callchain of 2^64 entries is damaged");
	buf_release(&bytes);
	vec_release(&file.events);
}

static void test_names(void)
{
	static const struct {
		const char *name, *base;
	} cases[] = {
		{ "cycles", "cycles" },
		{ "cycles:ppp", "cycles" },
		{ "cpu-clock:pppH", "cpu-clock" },
		{ "sched:sched_switch", "sched:sched_switch" },
		{ "cycles:", "cycles:" },
		{ ":u", ":u" },
		{ "cpu_core/cycles/", "cpu_core/cycles/" },
		{ "cpu_core/cycles/P", "cpu_core/cycles/" },
		{ "cpu_core/cycles:ppp/", "cpu_core/cycles/" },
		{ "cpu_core/cycles:u/", "cpu_core/cycles/" },
		{ "cpu_atom/event=0x3c,umask=0x0/u",
		  "cpu_atom/event=0x3c,umask=0x0/" },
		{ "cpu/cycles,period=1000,call-graph=fp/pp", "cpu/cycles/" },
		{ "intel_pt//u", "intel_pt//" },
		{ "mem:0x601040/4:rw", "mem:0x601040/4:rw" },
		{ "/tmp/prog.o/", "/tmp/prog.o/" },
		{ "cpu/cycles/wrong", "cpu/cycles/wrong" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *base = event_name_base(cases[i].name);

		ok(strcmp(base, cases[i].base) == 0,
		   "%s without its modifiers is %s", cases[i].name,
		   cases[i].base);
		free(base);
	}
}

static void test_wanted_names(void)
{
	static const struct {
		const char *wanted, *name, *pmu;
		bool is_meant;
	} cases[] = {
		{ "cycles", "cycles:ppp", NULL, true },
		{ "cycles", "cpu_core/cycles/P", NULL, true },
		{ "cycles:P", "cpu_core/cycles/P", NULL, true },
		{ "cycles:u", "cpu_core/cycles/P", NULL, false },
		{ "cpu_core/cycles/", "cpu_core/cycles/P", NULL, true },
		{ "cpu_core/cycles/", "cpu_atom/cycles/P", NULL, false },
		{ "cpu_core/cycles/", "cycles", "cpu_core", true },
		{ "cpu_core/cycles/", "cycles", NULL, false },
		{ "cpu_core//", "cpu_core/cycles/P", NULL, true },
		{ "instructions", "cpu_core/cycles/P", NULL, false },
		{ "cpu/cycles,period=9/", "cpu/cycles,period=9/", NULL, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok(event_name_matches(cases[i].wanted, cases[i].name,
				      cases[i].pmu) == cases[i].is_meant,
		   "%s %s %s", cases[i].wanted,
		   cases[i].is_meant ? "means" : "does not mean",
		   cases[i].name);
}

/* ---- types ---- */

/* The types' names, with blanks; free() it. */
static char *types_of(const char *const *names, size_t n)
{
	struct counted_event events[8];
	struct profile profile;
	struct buf list = { 0 };
	char *pmus[8];

	profile_init(&profile);
	for (size_t i = 0; i < n; i++) {
		struct event_name name = event_name_parse(names[i]);
		bool is_core = event_pmu_is_core(name.pmu, name.n_pmu);

		pmus[i] = mem_printf("%.*s", (int)name.n_pmu, name.pmu);
		events[i] = (struct counted_event){
			.name = names[i],
			.unit = "count",
			.core = is_core ? pmus[i] : NULL,
			.has_samples = true,
		};
	}
	free(value_types_add(&profile, events, n, TYPES_PPROF));
	for (size_t i = 0; i < profile.types.n; i++)
		buf_printf(
			&list, "%s%s", i > 0 ? " " : "",
			profile_string(&profile, profile.types.items[i].type));
	buf_add(&list, "", 1);
	for (size_t i = 0; i < n; i++)
		free(pmus[i]);
	profile_release(&profile);
	return (char *)list.bytes;
}

static void test_types(void)
{
	static const struct {
		const char *names[8], *types, *fact;
	} cases[] = {
		{ { "cpu_atom/cycles/P", "cpu_core/cycles/P" },
		  "samples cycles",
		  "one event on two kinds of core is one type" },
		{ { "armv8_cortex_a55/cycles/", "armv8_cortex_a76/cycles/",
		    "armv8_cortex_x1/cycles/" },
		  "samples cycles",
		  "one event on three kinds of core is one type" },
		{ { "cpu_core/cycles:ppp/", "cpu_atom/cycles:pp/" },
		  "samples cycles",
		  "kinds of core may be sampled less precisely than others" },
		{ { "cpu_core/cycles/u", "cpu_atom/cycles/u",
		    "cpu_core/cycles/k", "cpu_atom/cycles/k" },
		  "cycles:u_samples cycles:u cycles:k_samples cycles:k",
		  "an event of two modes is two" },
		{ { "cpu_core/cycles/S", "cpu_core/instructions/S",
		    "cpu_atom/cycles/S", "cpu_atom/instructions/S" },
		  "cycles_samples cycles instructions_samples instructions",
		  "groups on two kinds of core are groups of one event each" },
		{ { "cpu_core/cycles/", "cpu_atom/cycles/", "cpu_core/cycles/",
		    "cpu_atom/cycles/" },
		  "cycles_samples cycles cycles#2_samples cycles#2",
		  "an event asked for twice is two" },
		{ { "cpu_core/event=0x3c/", "cpu_atom/event=0x3c/" },
		  "samples event=0x3c",
		  "an event may be called by its code" },
		{ { "uncore_imc_0/cas_count_read/",
		    "uncore_imc_1/cas_count_read/" },
		  "uncore_imc_0/cas_count_read/_samples "
		  "uncore_imc_0/cas_count_read/ "
		  "uncore_imc_1/cas_count_read/_samples "
		  "uncore_imc_1/cas_count_read/",
		  "devices that are no cores count their own" },
		{ { "cpu_core/cycles/P" },
		  "samples cpu_core/cycles/",
		  "what was asked of one kind of core alone says so" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = 0;
		char *types;

		while (n < 8 && cases[i].names[n])
			n++;
		types = types_of(cases[i].names, n);
		ok(strcmp(types, cases[i].types) == 0, "%s", cases[i].fact);
		if (strcmp(types, cases[i].types) != 0)
			printf("# %s\n", types);
		free(types);
	}
}

static void add_string(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
	buf_align(out, 8);
}

/* An MMAP record of pid 7 at a time. */
static void add_mmap(struct buf *out, uint64_t start, const char *path,
		     uint64_t time)
{
	struct buf payload = { 0 };

	buf_add_u64(&payload, 7 | UINT64_C(7) << 32);
	buf_add_u64(&payload, start);
	buf_add_u64(&payload, 0x1000);
	buf_add_u64(&payload, 0);
	add_string(&payload, path);
	buf_add_u64(&payload, 7 | UINT64_C(7) << 32);
	buf_add_u64(&payload, time);
	add_record(out, RECORD_MMAP, MISC_USER,
		   (const uint64_t *)(const void *)payload.bytes,
		   payload.size / 8);
	buf_release(&payload);
}

static void add_sample(struct buf *out, uint64_t ip, uint64_t time)
{
	uint64_t words[] = { ip, 7 | UINT64_C(7) << 32, time, 10,
			     2,	 CONTEXT_USER,		ip };

	add_record(out, RECORD_SAMPLE, MISC_USER, words, 7);
}

/* A pipe-mode capture in a file: the attribute is a record. */
static void add_header(struct buf *out)
{
	static const unsigned char zeros[24];
	struct event event = plain_event();
	struct buf attr = { 0 };

	buf_add(out, PERF_MAGIC_LITTLE, 8);
	buf_add_u64(out, 16);
	buf_add_u32(&attr, TYPE_HARDWARE);
	buf_add_u32(&attr, ATTR_SIZE_VER0);
	buf_add_u64(&attr, 0);
	buf_add_u64(&attr, 4000);
	buf_add_u64(&attr, event.sample_type);
	buf_add_u64(&attr, 0);
	buf_add_u64(&attr, event.flags);
	buf_add(&attr, zeros, 16);
	add_record(out, RECORD_HEADER_ATTR, 0,
		   (const uint64_t *)(const void *)attr.bytes, attr.size / 8);
	buf_release(&attr);
}

static void test_read(void)
{
	static const struct sample_filter no_filter;
	char path[] = "/tmp/symconv-test.XXXXXX";
	int fd = mkstemp(path);
	struct read_stats stats;
	struct profile profile;
	struct buf bytes = { 0 };
	struct err err;

	add_header(&bytes);
	for (unsigned i = 0; i < 1000; i++)
		add_sample(&bytes, 0x4010, 150);
	add_sample(&bytes, 0x4010, 250);
	add_mmap(&bytes, 0x4000, "/m/second", 200);
	add_mmap(&bytes, 0x4000, "/m/first", 100);
	ok(file_write(fd, bytes.bytes, bytes.size), "a capture");
	profile_init(&profile);
	ok(read_input(path, INPUT_PERF_DATA,
		      &(struct read_options){ .filter = &no_filter,
					      .n_threads = 2 },
		      &profile, &stats, &err),
	   "is read");
	ok_equal(stats.n_samples, 1001, "all its samples");
	ok_equal(stats.n_stacks, 2, "in two unique stacks");
	ok_equal(profile.samples.n, 2, "two samples of the profile");
	ok_equal(profile.values.items[0], 1000, "the first counts 1000");
	ok_equal(profile.values.items[1], 10000, "and weighs 10000");
	ok_string(
		profile_string(
			&profile,
			profile.modules.items[profile.locations.items[0].module]
				.path),
		"/m/first", "mapped when it was sampled");
	ok_string(
		profile_string(
			&profile,
			profile.modules.items[profile.locations.items[1].module]
				.path),
		"/m/second", "and what came later");
	read_stats_release(&stats);
	profile_release(&profile);
	buf_release(&bytes);
	close(fd);
	unlink(path);
}

static void test_gzip(void)
{
	struct buf plain = { 0 }, one = { 0 }, many = { 0 };
	unsigned char *back;
	z_stream z = { 0 };

	for (unsigned i = 0; plain.size < 900 * 1024; i++)
		buf_add_u32(&plain, i * i >> 3);
	gzip_compress(plain.bytes, plain.size, 1, &one);
	gzip_compress(plain.bytes, plain.size, 4, &many);
	ok(one.size == many.size &&
		   memcmp(one.bytes, many.bytes, one.size) == 0,
	   "gzip does not depend on the number of threads");
	back = malloc(plain.size);
	z.next_in = one.bytes;
	z.avail_in = (uInt)one.size;
	z.next_out = back;
	z.avail_out = (uInt)plain.size;
	inflateInit2(&z, MAX_WBITS + 16);
	ok(inflate(&z, Z_FINISH) == Z_STREAM_END &&
		   memcmp(back, plain.bytes, plain.size) == 0,
	   "and gives back what went in");
	inflateEnd(&z);
	free(back);
	buf_release(&plain);
	buf_release(&one);
	buf_release(&many);
}

int main(void)
{
	test_sample();
	test_names();
	test_wanted_names();
	test_types();
	test_read();
	test_gzip();
	return tap_done();
}
