/*
 * perf's times come from the kernel's own clock unless the user chose another:
 * it starts with the kernel, runs without corrections, and may or may not
 * stand still while the machine is suspended. So the moment at which a boot
 * began is known as a range,
 *
 *	now - CLOCK_BOOTTIME  <=  began  <=  now - CLOCK_MONOTONIC
 *
 * and a capture is of this boot if the moment at which its own clock began
 * lies in there. When the last sample was taken is known well where the
 * capture says so (perf record -k), less well by the file's last change, which
 * a copy may have made later: that disproves another boot only if it comes too
 * early.
 */
#include "config.h"
#include "symbolize/same_boot.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static const int64_t second = 1000000000;

enum {
	SLACK_SECONDS = 5,    /* what reading two clocks may differ by */
	DRIFT_DIVISOR = 2000, /* 500 ppm: as far as NTP may bend a clock */
	QUIET_SECONDS = 60, /* from the last sample to the file's last change */
};

/* Times of captures are what somebody wrote: far less than would wrap. */
static const uint64_t max_time = UINT64_C(1) << 61;

static int64_t slack_at(int64_t since_boot)
{
	return SLACK_SECONDS * second + since_boot / DRIFT_DIVISOR;
}

static enum boot_verdict other(struct err *why, const char *text)
{
	err_set(why, "%s", text);
	return BOOT_IS_OTHER;
}

static bool is_sane(const struct recording *recording)
{
	return recording->first_ns < max_time &&
	       recording->last_ns < max_time &&
	       recording->epoch_ns > -(int64_t)max_time &&
	       recording->epoch_ns < (int64_t)max_time;
}

static enum boot_verdict judge_wall_clock(const struct recording *recording,
					  const struct this_boot *boot,
					  struct err *why)
{
	int64_t began = boot->wall_ns - (int64_t)boot->up_ns;
	/* TAI is ahead of the wall's clock. */
	int64_t slack = slack_at((int64_t)boot->up_ns) + QUIET_SECONDS * second;

	if ((int64_t)recording->first_ns < began - slack)
		return other(why, "recorded before this machine was booted");
	if ((int64_t)recording->last_ns > boot->wall_ns + slack)
		return other(why,
			     "recorded at a time that is yet to come here");
	return BOOT_IS_THIS;
}

static enum boot_verdict judge_boot_clock(const struct recording *recording,
					  const struct this_boot *boot,
					  struct err *why)
{
	int64_t last = (int64_t)recording->last_ns, slack = slack_at(last);
	int64_t earliest = boot->wall_ns - (int64_t)boot->up_ns - slack;
	int64_t latest = boot->wall_ns - (int64_t)boot->awake_ns + slack;
	int64_t epoch = recording->written_ns - last;

	if (last > (int64_t)boot->up_ns + slack) {
		err_set(why,
			"recorded %" PRId64 " s after a boot, this machine has "
			"been up for %" PRId64 " s",
			last / second, (int64_t)boot->up_ns / second);
		return BOOT_IS_OTHER;
	}
	if (recording->has_epoch)
		return recording->epoch_ns < earliest ||
				       recording->epoch_ns > latest
			       ? other(why, "recorded in another boot")
			       : BOOT_IS_THIS;
	if (recording->read_from_ns > 0)
		return last + slack >= (int64_t)recording->read_from_ns
			       ? BOOT_IS_THIS
			       : BOOT_MAY_BE_THIS;
	if (recording->written_ns == 0)
		return BOOT_MAY_BE_THIS;
	if (epoch < earliest)
		return other(why, "recorded in an earlier boot");
	return epoch <= latest + QUIET_SECONDS * second ? BOOT_IS_THIS
							: BOOT_MAY_BE_THIS;
}

static enum boot_verdict judge_times(const struct recording *recording,
				     const struct this_boot *boot,
				     struct err *why)
{
	int64_t began = boot->wall_ns - (int64_t)boot->up_ns;

	if (recording->clock != RECORD_CLOCK_UNKNOWN && !is_sane(recording))
		return other(why, "its times are malformed");
	if (recording->clock == RECORD_CLOCK_WALL)
		return judge_wall_clock(recording, boot, why);
	if (recording->clock == RECORD_CLOCK_BOOT)
		return judge_boot_clock(recording, boot, why);
	if (recording->written_ns != 0 &&
	    recording->written_ns < began - slack_at((int64_t)boot->up_ns))
		return other(why, "written before this machine was booted");
	return BOOT_MAY_BE_THIS;
}

/* Whether a fact is known, and is this machine's; one that is not is said. */
static bool is_ours(const struct profile *profile, uint32_t fact,
		    const char *ours, const char *what, struct err *why)
{
	const char *theirs = profile_string(profile, fact);

	if (fact != 0 && strcmp(theirs, ours) != 0 && !why->text[0])
		err_set(why, "recorded on %s %s, this one is %s", what, theirs,
			ours);
	return fact != 0 && strcmp(theirs, ours) == 0;
}

struct boot_judgement same_boot(const struct profile *profile,
				const struct this_boot *boot)
{
	const struct recording *recording = &profile->recording;
	struct boot_judgement judgement = { .is_named = true };
	struct err *why = &judgement.why;

	judgement.is_named &=
		is_ours(profile, recording->host, boot->host, "the host", why);
	judgement.is_named &= is_ours(profile, recording->release,
				      boot->release, "the kernel", why);
	judgement.is_named &= is_ours(profile, recording->machine,
				      boot->machine, "the architecture", why);
	judgement.verdict = why->text[0] ? BOOT_IS_OTHER
					 : judge_times(recording, boot, why);
	return judgement;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * second + now.tv_nsec;
}

struct boot_judgement same_boot_here(const struct profile *profile)
{
	struct utsname name = { 0 };

	uname(&name);
	return same_boot(
		profile,
		&(struct this_boot){
			.host = name.nodename,
			.release = name.release,
			.machine = name.machine,
			.awake_ns = (uint64_t)clock_ns(CLOCK_MONOTONIC),
			.up_ns = (uint64_t)clock_ns(CLOCK_BOOTTIME),
			.wall_ns = clock_ns(CLOCK_REALTIME),
		});
}
