#include "config.h"
#include "cmd/symbolizing.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "cache/cache_admin.h"
#include "symbolize/perf_archive.h"
#include "symbolize/sandbox.h"

/* Something about a module, in words. */
static void print_about(void *context, const char *module, const char *text)
{
	char shown[2][1024];

	(void)context;
	fprintf(stderr, "symconv: %s: %s\n",
		text_escape(shown[0], sizeof(shown[0]), module),
		text_escape(shown[1], sizeof(shown[1]), text));
}

static void print_notes(const struct profile *profile)
{
	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		if (module->note)
			print_about(NULL, profile_string(profile, module->path),
				    profile_string(profile, module->note));
	}
}

static void print_sandbox(const struct symbolizer_stats *stats)
{
	static const char *const words[] = {
		[0] = "nothing: this kernel has neither Landlock nor seccomp",
		[SANDBOX_LANDLOCK] = "Landlock alone",
		[SANDBOX_SECCOMP] = "seccomp alone",
		[SANDBOX_LANDLOCK | SANDBOX_SECCOMP] = "Landlock and seccomp",
	};

	if (stats->n_workers_started > 0)
		fprintf(stderr,
			"symconv: readers of ELF files were confined by %s\n",
			words[stats->sandbox & 3]);
}

static void print_line(void *context, const char *text)
{
	struct symbolizing *symbolizing = context;
	char shown[1024];

	progress_end(symbolizing->progress);
	if (!symbolizing->options->is_quiet)
		fprintf(stderr, "symconv: %s\n",
			text_escape(shown, sizeof(shown), text));
}

static void show_fetching(void *context, size_t n_done, size_t n_all,
			  uint64_t n_bytes)
{
	struct symbolizing *symbolizing = context;
	char stage[32];

	snprintf(stage, sizeof(stage), "fetching %.1f MB",
		 (double)n_bytes / 1e6);
	progress_stage(symbolizing->progress, stage);
	progress_update(symbolizing->progress, n_done, n_all);
	progress_stage(symbolizing->progress, "symbolizing");
}

static struct cache *open_cache(const struct symbol_options *options)
{
	struct cache *cache;
	struct err err;

	if (!options->cache)
		return NULL;
	cache = cache_open(options->cache, &err);
	if (!cache)
		fprintf(stderr,
			"symconv: warning: %s; going on without the cache\n",
			err.text);
	return cache;
}

/* --buildid-dir may be what perf archive has packed. */
static bool open_archive(struct symbolizing *symbolizing, struct err *err)
{
	char **folder = &symbolizing->symbolizer.places.buildid_dir;
	struct stat st;

	if (!*folder || stat(*folder, &st) != 0 || !S_ISREG(st.st_mode))
		return true;
	if (!perf_archive_open(*folder, &symbolizing->archive, err))
		return false;
	*folder = symbolizing->archive.folder;
	return true;
}

bool symbolizing_begin(struct symbolizing *symbolizing, struct err *err)
{
	struct symbolizer_options *options = &symbolizing->symbolizer;

	*options = symbolizing->options->symbolizer;
	options->progress = progress_update;
	options->progress_context = symbolizing->progress;
	options->fetch.say = print_line;
	options->fetch.progress = show_fetching;
	options->fetch.context = symbolizing;
	if (symbolizing->options->is_verbose)
		options->places.tell = print_about;
	symbolizing->cache = open_cache(symbolizing->options);
	return open_archive(symbolizing, err);
}

/* What was used least recently goes, and some more, so that not every
 * conversion has to do it. */
static void limit_size(struct cache *cache, uint64_t max)
{
	struct cache_pruned pruned;
	struct err err;

	if (cache_size(cache) > max &&
	    !cache_prune(cache, 0, max / 10 * 8, &pruned, &err))
		fprintf(stderr, "symconv: warning: %s\n", err.text);
}

void symbolizing_end(struct symbolizing *symbolizing)
{
	struct cache *cache = symbolizing->cache;
	uint64_t started = clock_now();

	perf_archive_close(&symbolizing->archive);
	if (!cache)
		return;
	cache_flush(cache);
	limit_size(cache, symbolizing->options->cache_max);
	symbolizing->cache_stats = cache_stats(cache);
	if (cache_trouble(cache))
		fprintf(stderr, "symconv: warning: %s\n", cache_trouble(cache));
	cache_close(cache);
	symbolizing->cache = NULL;
	symbolizing->ns += clock_now() - started;
}

bool symbolizing_run(struct symbolizing *symbolizing, struct profile *profile,
		     struct err *err)
{
	uint64_t started = clock_now();
	bool ok;

	progress_stage(symbolizing->progress, "symbolizing");
	ok = symbolizer_run(profile, symbolizing->cache,
			    &symbolizing->symbolizer, &symbolizing->stats, err);
	progress_end(symbolizing->progress);
	symbolizing->ns = clock_now() - started;
	if (symbolizing->options->is_verbose) {
		print_notes(profile);
		print_sandbox(&symbolizing->stats);
	}
	return ok;
}
