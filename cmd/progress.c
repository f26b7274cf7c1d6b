#include "config.h"
#include "cmd/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static const uint64_t first_after_ns = UINT64_C(1000000000);
static const uint64_t redraw_after_ns = UINT64_C(100000000);

void progress_init(struct progress *progress, bool is_quiet)
{
	*progress = (struct progress){
		.is_wanted = !is_quiet && isatty(STDERR_FILENO),
		.started = clock_now(),
	};
}

void progress_stage(struct progress *progress, const char *what)
{
	progress->what = what;
}

void progress_update(void *context, size_t n_done, size_t n)
{
	enum { WIDTH = 40 };
	static const char bar[] = "########################################";
	static const char gap[] = "----------------------------------------";
	struct progress *progress = context;
	uint64_t now;
	int filled;

	if (!progress->is_wanted || n == 0)
		return;
	now = clock_now();
	if (now - progress->started < first_after_ns ||
	    now - progress->drawn < redraw_after_ns)
		return;
	filled = (int)(n_done * WIDTH / n);
	/* Return, and erase what was there (ECMA-48: CR, EL 0). */
	fprintf(stderr, "\r\033[K%-16s [%.*s%.*s] %3d%%", progress->what,
		filled, bar, WIDTH - filled, gap, (int)(n_done * 100 / n));
	fflush(stderr);
	progress->drawn = now;
	progress->is_shown = true;
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
