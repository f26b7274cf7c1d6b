#include "config.h"
#include "cmd/cache.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cache/cache_admin.h"
#include "cmd/json.h"
#include "cmd/option_value.h"
#include "cmd/progress.h"
#include "cmd/symbol_options.h"
#include "symbolize/indexer.h"
#include "symbolize/kernel.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
	"Usage: symconv cache add [--kernel] [PATH]...\n"
	"       symconv cache list | show BUILD-ID | verify | stats\n"
	"       symconv cache prune [--max-size BYTES] [--older-than DAYS]\n"
	"       symconv cache export FILE [BUILD-ID]... | import FILE...\n"
	"Fill, show and tend the symbol cache.\n"
	"\n"
	"add reads ELF files, and those in folders, whole: conversions need "
	"neither them\n"
	"nor their debug information from then on.\n"
	"\n"
	"  symconv cache add build/ /usr/lib/debug\n"
	"  symconv cache add --kernel --kallsyms host.kallsyms --build-id HEX\n"
	"\n"
	"      --cache DIR[:DIR]  the cache; the first folder is written\n"
	"                         (default: $SYMCONV_CACHE, or "
	"~/.cache/symconv)\n"
	"      --debug-dir DIR    debug files, as in /usr/lib/debug; may be "
	"repeated\n"
	"      --kernel           add the running kernel's symbols\n"
	"      --kallsyms FILE    of the kernel that these are of, not the "
	"running one\n"
	"      --build-id HEX     its build id\n"
	"      --max-size BYTES   prune: what was used least recently goes "
	"until the\n"
	"                         rest is no larger (K, M, G)\n"
	"      --older-than DAYS  prune: what was not used for so long goes\n"
	"      --json             for machines\n"
	"  -j, --jobs N           use N worker processes (default: one for "
	"each\n"
	"                         processor)\n"
	"  -q, --quiet            warnings and errors only\n"
	"  -v, --verbose          say what becomes of each file\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit status: 0 done; 1 failed, or verify found damage; 2 wrong "
	"usage.\n";

enum {
	OPTION_BUILD_ID = FIRST_OPTION,
	OPTION_JSON,
	OPTION_KERNEL,
	OPTION_MAX_SIZE,
	OPTION_OLDER_THAN,
};

static const struct option long_options[] = {
	{ "build-id", required_argument, NULL, OPTION_BUILD_ID },
	{ "cache", required_argument, NULL, OPTION_CACHE },
	{ "debug-dir", required_argument, NULL, OPTION_DEBUG_DIR },
	{ "help", no_argument, NULL, 'h' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "kallsyms", required_argument, NULL, OPTION_KALLSYMS },
	{ "kernel", no_argument, NULL, OPTION_KERNEL },
	{ "max-size", required_argument, NULL, OPTION_MAX_SIZE },
	{ "older-than", required_argument, NULL, OPTION_OLDER_THAN },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

struct command {
	struct symbol_options symbols;
	struct build_id build_id;
	bool is_json;
	bool wants_kernel;
	bool has_max_size;
	uint64_t max_size; /* bytes */
	uint32_t days;
	char **arguments; /* behind the word of what is to be done */
	size_t n_arguments;
	struct cache *cache;
	struct progress progress;
};

static void print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_SPACED));
	json_object_put(object);
}

static bool fail(const struct err *err)
{
	fprintf(stderr, "symconv: %s\n", err->text);
	return false;
}

/* ---- add ---- */

static void tell(void *context, const char *path, const char *text)
{
	struct command *command = context;
	char shown[2][1024];

	if (!command->symbols.is_verbose)
		return;
	progress_end(&command->progress);
	fprintf(stderr, "symconv: %s: %s\n",
		text_escape(shown[0], sizeof(shown[0]), path),
		text_escape(shown[1], sizeof(shown[1]), text));
}

static void show_progress(void *context, size_t n_done, size_t n)
{
	struct command *command = context;

	progress_update(&command->progress, n_done, n);
}

static void print_added(const struct command *command,
			const struct indexer_stats *stats)
{
	struct json_object *object;

	if (command->is_json) {
		object = json_object_new_object();
		put_count(object, "modules", stats->n_modules);
		put_count(object, "added", stats->n_added);
		put_count(object, "known", stats->n_known);
		put_count(object, "failed", stats->n_failed);
		put_count(object, "without_build_id", stats->n_without_id);
		put_count(object, "bytes_read", stats->bytes_read);
		print_json(object);
	} else if (!command->symbols.is_quiet) {
		fprintf(stderr,
			"%zu modules: %zu added (%.1f MB of files), %zu "
			"already there, %zu failed; %zu files without a build "
			"id left out\n",
			stats->n_modules, stats->n_added,
			(double)stats->bytes_read / 1e6, stats->n_known,
			stats->n_failed, stats->n_without_id);
	}
}

static bool add_files(struct command *command)
{
	struct indexer_options options = {
		.places = &command->symbols.symbolizer.places,
		.n_workers = command->symbols.n_jobs,
		.tell = tell,
		.progress = show_progress,
		.context = command,
	};
	struct indexer_stats stats;
	struct err err;
	bool ok;

	progress_stage(&command->progress, "reading");
	ok = indexer_add(command->cache, command->arguments,
			 command->n_arguments, &options, &stats, &err);
	progress_end(&command->progress);
	if (!ok)
		return fail(&err);
	print_added(command, &stats);
	return stats.n_failed == 0;
}

static bool add(struct command *command)
{
	const char *kallsyms = command->symbols.symbolizer.kallsyms;
	struct err err;

	if (command->wants_kernel &&
	    !kernel_add_to_cache(command->cache, &command->build_id, kallsyms,
				 &err))
		return fail(&err);
	return command->n_arguments == 0 || add_files(command);
}

/* ---- list, show ---- */

/* A module's build id, in hex; NULL if it is known by something else. */
static const char *id_of(const struct cache_module *module)
{
	return strncmp(module->key, "b:", 2) == 0 ? module->key + 2 : NULL;
}

/* What was kept of its addition; "" and zeros if it was not added whole. */
static const char *read_added(struct cache *cache, const char *key,
			      struct added *added)
{
	const void *bytes;
	size_t size;

	*added = (struct added){ 0 };
	if (!cache_get(cache, key, CACHE_ADDED, 0, &bytes, &size) ||
	    size <= sizeof(*added) || ((const char *)bytes)[size - 1])
		return "";
	memcpy(added, bytes, sizeof(*added));
	return (const char *)bytes + sizeof(*added);
}

static char *date_of_day(int64_t day, char out[16])
{
	time_t seconds = (time_t)day * 24 * 60 * 60;
	struct tm date;

	if (!gmtime_r(&seconds, &date) ||
	    strftime(out, 16, "%Y-%m-%d", &date) == 0)
		snprintf(out, 16, "?");
	return out;
}

static void print_module(void *context, const struct cache_module *module)
{
	struct command *command = context;
	const char *id = id_of(module);
	char date[16], shown[1024];
	struct json_object *object;
	struct added added;
	const char *path;

	if (!id)
		return;
	path = text_escape(shown, sizeof(shown),
			   read_added(command->cache, module->key, &added));
	date_of_day(module->used_day, date);
	if (!command->is_json) {
		printf("%-40s %10.1f kB  %s  %-5s %s\n", id,
		       (double)module->n_bytes / 1e3, date,
		       *path ? "whole" : "part", path);
		return;
	}
	object = json_object_new_object();
	put_text(object, "build_id", id);
	put_count(object, "bytes", module->n_bytes);
	put_count(object, "entries", module->n_entries);
	put_text(object, "used", date);
	json_object_object_add(object, "whole", json_object_new_boolean(*path));
	put_text(object, "path", path);
	print_json(object);
}

static bool list(struct command *command)
{
	struct err err;

	return cache_each_module(command->cache, print_module, command, &err) ||
	       fail(&err);
}

struct shown {
	struct command *command;
	const char *wanted;
	size_t n;
};

static void print_wanted(void *context, const struct cache_module *module)
{
	struct shown *shown = context;
	const char *id = id_of(module);

	if (id && strncmp(id, shown->wanted, strlen(shown->wanted)) == 0) {
		print_module(shown->command, module);
		shown->n++;
	}
}

static bool show(struct command *command)
{
	struct shown shown = { command, command->arguments[0], 0 };
	struct err err;

	if (!cache_each_module(command->cache, print_wanted, &shown, &err))
		return fail(&err);
	if (shown.n == 0)
		err_set(&err, "no module in the cache has a build id that "
			      "begins with this");
	return shown.n > 0 || fail(&err);
}

/* ---- verify, prune, stats ---- */

static bool verify(struct command *command)
{
	struct cache_check check;
	struct err err;
	bool ok = cache_verify(command->cache, &check, &err);

	if (command->is_json) {
		struct json_object *object = json_object_new_object();

		put_count(object, "entries", check.n_entries);
		put_count(object, "damaged", check.n_damaged);
		json_object_object_add(object, "sound",
				       json_object_new_boolean(ok));
		print_json(object);
	} else if (ok && !command->symbols.is_quiet) {
		printf("%" PRIu64 " entries, all sound\n", check.n_entries);
	}
	return ok || fail(&err);
}

static bool prune(struct command *command)
{
	int64_t today = (int64_t)time(NULL) / (24 * 60 * 60);
	struct cache_pruned pruned;
	struct err err;

	if (!cache_prune(command->cache,
			 command->days > 0 ? today - command->days : 0,
			 command->has_max_size ? command->max_size : UINT64_MAX,
			 &pruned, &err))
		return fail(&err);
	if (command->is_json) {
		struct json_object *object = json_object_new_object();

		put_count(object, "modules", pruned.n_modules);
		put_count(object, "bytes", pruned.n_bytes);
		print_json(object);
	} else if (!command->symbols.is_quiet) {
		printf("%" PRIu64 " modules removed, %.1f MB\n",
		       pruned.n_modules, (double)pruned.n_bytes / 1e6);
	}
	return true;
}

struct totals {
	uint64_t n_modules;
	uint64_t n_entries;
	uint64_t n_bytes;
};

static void add_up(void *context, const struct cache_module *module)
{
	struct totals *totals = context;

	totals->n_modules++;
	totals->n_entries += module->n_entries;
	totals->n_bytes += module->n_bytes;
}

static bool print_tier(const struct command *command, struct cache *tier)
{
	struct totals totals = { 0 };
	char shown[1024];
	struct err err;

	if (!cache_each_module(tier, add_up, &totals, &err))
		return fail(&err);
	text_escape(shown, sizeof(shown), cache_path(tier));
	if (command->is_json) {
		struct json_object *object = json_object_new_object();

		put_text(object, "database", shown);
		put_count(object, "modules", totals.n_modules);
		put_count(object, "entries", totals.n_entries);
		put_count(object, "bytes", totals.n_bytes);
		put_count(object, "database_bytes", cache_size(tier));
		print_json(object);
	} else {
		printf("%s: %" PRIu64 " modules, %" PRIu64
		       " entries, %.1f MB in a database of %.1f MB\n",
		       shown, totals.n_modules, totals.n_entries,
		       (double)totals.n_bytes / 1e6,
		       (double)cache_size(tier) / 1e6);
	}
	return true;
}

static bool stats(struct command *command)
{
	struct cache *tier = command->cache;
	bool ok = true;

	for (; ok && tier; tier = cache_behind(tier))
		ok = print_tier(command, tier);
	return ok;
}

/* ---- export, import ---- */

struct copying {
	struct cache *to;
	uint64_t n_entries;
	uint64_t n_damaged;
};

/* Only what is known by contents: all else is of this machine or boot. */
static void copy_entry(void *context, const struct cache_entry *entry)
{
	struct copying *copying = context;

	if (strncmp(entry->key, "b:", 2) != 0)
		return;
	cache_put(copying->to, entry->key, entry->kind, entry->number,
		  entry->bytes, entry->size);
	copying->n_entries++;
}

static bool copy(struct cache *from, const char *id, struct copying *copying,
		 struct err *err)
{
	uint64_t before = copying->n_entries;
	char prefix[CACHE_KEY_MAX];

	snprintf(prefix, sizeof(prefix), "b:%s", id);
	return cache_each_entry(from, prefix, copy_entry, copying,
				&copying->n_damaged, err) &&
	       (copying->n_entries > before ||
		err_set(err, "%s: no module of this build id", id));
}

static bool print_copied(const struct command *command,
			 const struct copying *copying)
{
	if (command->is_json) {
		struct json_object *object = json_object_new_object();

		put_count(object, "entries", copying->n_entries);
		put_count(object, "damaged", copying->n_damaged);
		print_json(object);
	} else if (!command->symbols.is_quiet) {
		printf("%" PRIu64 " entries copied, %" PRIu64
		       " damaged ones left out\n",
		       copying->n_entries, copying->n_damaged);
	}
	return true;
}

/* Whole or absent: under another name until it is complete. */
static bool export_modules(struct command *command)
{
	const char *path = command->arguments[0];
	char *part = mem_printf("%s.part", path);
	struct copying copying = { 0 };
	struct err err;
	bool ok = true;

	unlink(part);
	copying.to = cache_open_file(part, true, &err);
	ok = copying.to != NULL;
	for (size_t i = 1; ok && i < command->n_arguments; i++)
		ok = copy(command->cache, command->arguments[i], &copying,
			  &err);
	if (ok && command->n_arguments == 1)
		ok = copy(command->cache, "", &copying, &err);
	cache_flush(copying.to);
	if (ok && cache_trouble(copying.to))
		ok = err_set(&err, "%s", cache_trouble(copying.to));
	cache_close(copying.to);
	if (ok && rename(part, path) != 0)
		ok = err_set_errno(&err, "%s", path);
	if (!ok)
		unlink(part);
	free(part);
	return ok ? print_copied(command, &copying) : fail(&err);
}

static bool import_modules(struct command *command)
{
	struct copying copying = { .to = command->cache };
	struct err err;
	bool ok = true;

	for (size_t i = 0; ok && i < command->n_arguments; i++) {
		struct cache *from =
			cache_open_file(command->arguments[i], false, &err);

		ok = from && copy(from, "", &copying, &err);
		cache_close(from);
	}
	return ok ? print_copied(command, &copying) : fail(&err);
}

/* ---- running ---- */

struct action {
	const char *name;
	bool (*run)(struct command *command);
	size_t least; /* arguments */
	size_t most;
};

static const struct action actions[] = {
	{ "add", add, 0, SIZE_MAX },
	{ "export", export_modules, 1, SIZE_MAX },
	{ "import", import_modules, 1, SIZE_MAX },
	{ "list", list, 0, 0 },
	{ "prune", prune, 0, 0 },
	{ "show", show, 1, 1 },
	{ "stats", stats, 0, 0 },
	{ "verify", verify, 0, 0 },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static bool apply(struct command *command, int option, char *value)
{
	switch (option) {
	case OPTION_BUILD_ID:
		return option_build_id(value, &command->build_id);
	case OPTION_JSON:
		command->is_json = true;
		return true;
	case OPTION_KERNEL:
		command->wants_kernel = true;
		return true;
	case OPTION_MAX_SIZE:
		command->has_max_size = true;
		return option_size(value, value + strlen(value),
				   &command->max_size) ||
		       option_refuse("max-size", value, "wanted: BYTES[K|M|G]");
	case OPTION_OLDER_THAN:
		return (option_number(value, value + strlen(value), 36500,
				      &command->days) &&
			command->days > 0) ||
		       option_refuse("older-than", value, "wanted: days");
	}
	return symbol_options_apply(&command->symbols, option, value);
}

static bool is_complete(const struct command *command,
			const struct action *action)
{
	bool has_all = action && command->n_arguments >= action->least &&
		       command->n_arguments <= action->most;

	if (has_all && action->run == add)
		has_all = command->wants_kernel || command->n_arguments > 0;
	if (has_all && action->run == prune)
		has_all = command->has_max_size || command->days > 0;
	if (has_all)
		return true;
	fputs("symconv: cache: something is missing or too much (see symconv "
	      "cache --help)\n",
	      stderr);
	return false;
}

static int run(struct command *command, const struct action *action)
{
	struct err err;
	bool ok;

	if (!command->symbols.cache) {
		err_set(&err, "no cache: give --cache DIR");
		fail(&err);
		return EXIT_FAILURE;
	}
	command->cache = cache_open(command->symbols.cache, &err);
	if (!command->cache) {
		fail(&err);
		return EXIT_FAILURE;
	}
	progress_init(&command->progress, command->symbols.is_quiet);
	ok = action->run(command);
	cache_flush(command->cache);
	if (cache_trouble(command->cache)) {
		fprintf(stderr, "symconv: warning: %s\n",
			cache_trouble(command->cache));
		ok = false;
	}
	cache_close(command->cache);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int parse_and_run(struct command *command, int argc, char **argv)
{
	const struct action *action;
	int option;

	while ((option = getopt_long(argc, argv, "h" SYMBOL_SHORT_OPTIONS,
				     long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_SUCCESS;
		}
		if (option == '?' || !apply(command, option, optarg))
			return EXIT_USAGE;
	}
	symbol_options_complete(&command->symbols);
	action = optind < argc ? find_action(argv[optind]) : NULL;
	if (action) {
		command->arguments = argv + optind + 1;
		command->n_arguments = (size_t)(argc - optind - 1);
	}
	return is_complete(command, action) ? run(command, action) : EXIT_USAGE;
}

int cache_main(int argc, char **argv)
{
	struct command command = { 0 };
	int status;

	symbol_options_init(&command.symbols);
	status = parse_and_run(&command, argc, argv);
	symbol_options_release(&command.symbols);
	return status;
}
