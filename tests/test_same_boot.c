/* same_boot: which machine and which boot a capture is of. */
#include "config.h"

#include "symbolize/same_boot.h"
#include "tests/tap.h"

#define SECONDS(n) ((n)*INT64_C(1000000000))

/* Up for 1000 s, of which it slept 100, since 1,000,000 s after 1970. */
static const struct this_boot boot = {
	.host = "here",
	.release = "6.1.0",
	.machine = "x86_64",
	.awake_ns = 900 * UINT64_C(1000000000),
	.up_ns = 1000 * UINT64_C(1000000000),
	.wall_ns = SECONDS(1001000),
};

struct example {
	const char *fact;
	const char *host, *release, *machine;
	enum record_clock clock;
	int64_t first, last;   /* seconds */
	int64_t epoch;	       /* 0: the capture does not say */
	int64_t written, read; /* 0: not known */
	enum boot_verdict verdict;
	bool is_named;
};

#define NAMES	 "here", "6.1.0", "x86_64"
#define NO_NAMES NULL, NULL, NULL

static const struct example examples[] = {
	{ "a file written right after the last sample", NAMES,
	  RECORD_CLOCK_BOOT, 400, 500, 0, 1000501, 0, BOOT_IS_THIS, true },
	{ "a clock that stood still while the machine slept", NAMES,
	  RECORD_CLOCK_BOOT, 700, 800, 0, 1000902, 0, BOOT_IS_THIS, true },
	{ "a file that was copied later", NAMES, RECORD_CLOCK_BOOT, 400, 500, 0,
	  1000990, 0, BOOT_MAY_BE_THIS, true },
	{ "a file written before the boot", NAMES, RECORD_CLOCK_BOOT, 400, 500,
	  0, 900000, 0, BOOT_IS_OTHER, true },
	{ "a file of an earlier boot that was copied in this one", NAMES,
	  RECORD_CLOCK_BOOT, 400, 5000, 0, 1000990, 0, BOOT_IS_OTHER, true },
	{ "a file too early for its samples to be of this boot", NAMES,
	  RECORD_CLOCK_BOOT, 400, 500, 0, 1000400, 0, BOOT_IS_OTHER, true },
	{ "a recorder that was killed left no names", NO_NAMES,
	  RECORD_CLOCK_BOOT, 400, 500, 0, 1000501, 0, BOOT_IS_THIS, false },
	{ "a pipe that was read while it was written", NAMES, RECORD_CLOCK_BOOT,
	  400, 500, 0, 0, 450, BOOT_IS_THIS, true },
	{ "a pipe with what was recorded before", NAMES, RECORD_CLOCK_BOOT, 400,
	  500, 0, 0, 880, BOOT_MAY_BE_THIS, true },
	{ "a capture that says where its clock began", NAMES, RECORD_CLOCK_BOOT,
	  400, 500, 1000050, 1000990, 0, BOOT_IS_THIS, true },
	{ "one that says it began earlier", NAMES, RECORD_CLOCK_BOOT, 400, 500,
	  999000, 1000501, 0, BOOT_IS_OTHER, true },
	{ "times of the wall's clock in this boot", NAMES, RECORD_CLOCK_WALL,
	  1000100, 1000200, 0, 0, 0, BOOT_IS_THIS, true },
	{ "times of the wall's clock before it", NAMES, RECORD_CLOCK_WALL,
	  999000, 999100, 0, 0, 0, BOOT_IS_OTHER, true },
	{ "times of the wall's clock yet to come", NAMES, RECORD_CLOCK_WALL,
	  1000100, 1009000, 0, 0, 0, BOOT_IS_OTHER, true },
	{ "no times, and a file of this boot", NAMES, RECORD_CLOCK_UNKNOWN, 0,
	  0, 0, 1000501, 0, BOOT_MAY_BE_THIS, true },
	{ "no times, and a file of an earlier boot", NAMES,
	  RECORD_CLOCK_UNKNOWN, 0, 0, 0, 900000, 0, BOOT_IS_OTHER, true },
	{ "nothing at all", NO_NAMES, RECORD_CLOCK_UNKNOWN, 0, 0, 0, 0, 0,
	  BOOT_MAY_BE_THIS, false },
	{ "another host", "there", "6.1.0", "x86_64", RECORD_CLOCK_BOOT, 400,
	  500, 0, 1000501, 0, BOOT_IS_OTHER, false },
	{ "another release", "here", "6.1.1", "x86_64", RECORD_CLOCK_BOOT, 400,
	  500, 0, 1000501, 0, BOOT_IS_OTHER, false },
	{ "another machine", "here", "6.1.0", "i686", RECORD_CLOCK_BOOT, 400,
	  500, 0, 1000501, 0, BOOT_IS_OTHER, false },
	{ "a name that is missing", "here", NULL, "x86_64", RECORD_CLOCK_BOOT,
	  400, 500, 0, 1000501, 0, BOOT_IS_THIS, false },
	{ "times beyond reason", NAMES, RECORD_CLOCK_BOOT, 400,
	  INT64_MAX / 1000000000, 0, 1000501, 0, BOOT_IS_OTHER, true },
};

static uint32_t add(struct profile *profile, const char *text)
{
	return text ? profile_add_string(profile, text) : 0;
}

static void test_example(const struct example *example)
{
	struct profile profile;
	struct recording *recording = &profile.recording;
	struct boot_judgement judgement;

	profile_init(&profile);
	recording->host = add(&profile, example->host);
	recording->release = add(&profile, example->release);
	recording->machine = add(&profile, example->machine);
	recording->clock = example->clock;
	recording->first_ns = (uint64_t)SECONDS(example->first);
	recording->last_ns = (uint64_t)SECONDS(example->last);
	recording->has_epoch = example->epoch != 0;
	recording->epoch_ns = SECONDS(example->epoch);
	recording->written_ns = SECONDS(example->written);
	recording->read_from_ns = (uint64_t)SECONDS(example->read);
	judgement = same_boot(&profile, &boot);
	ok_equal(judgement.verdict, example->verdict, "%s", example->fact);
	ok_equal(judgement.is_named, example->is_named, "%s: the names",
		 example->fact);
	ok((judgement.verdict == BOOT_IS_OTHER) == !!judgement.why.text[0],
	   "%s: a reason or none", example->fact);
	profile_release(&profile);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		test_example(&examples[i]);
	return tap_done();
}
