#include "config.h"
#include "cmd/report.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/comparison.h"
#include "cmd/conversion.h"
#include "cmd/options.h"
#include "cmd/outputs.h"
#include "cmd/report_page.h"
#include "cmd/summary.h"
#include "profile/value_shown.h"

/* How far down folders are looked through. */
enum { MAX_DEPTH = 16 };

/* A capture to report on. */
struct capture {
	char *path;
	char *name; /* below the folder that was named, or the path */
};

struct report {
	const struct options *options;
	const char *folder;
	struct stat folder_stat; /* which is not looked through */
	size_t n_links;		 /* that were not followed */
	VEC(struct capture) captures;
	report_entries entries;
	struct err err;
};

/* ---- finding captures ---- */

static void add_capture(struct report *report, const char *path,
			const char *name)
{
	*vec_add(&report->captures) =
		(struct capture){ mem_strdup(path), mem_strdup(name) };
}

/* Whether it is to be reported on: also what cannot be read, to say so. Only
 * content that is of no kind is left out. */
static bool is_capture(const struct report *report, const char *path)
{
	struct err err;

	errno = 0;
	return input_is_known(path, report->options->from, &err) ||
	       errno == EACCES || errno == EPERM || errno == EIO;
}

static bool is_own_folder(const struct report *report, const struct stat *st)
{
	return st->st_dev == report->folder_stat.st_dev &&
	       st->st_ino == report->folder_stat.st_ino;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Whether a folder is what an earlier report wrote of a capture. */
static bool is_report(const char *folder)
{
	static const char *const files[] = { "index.html", "profile.pb.gz",
					     "stats.json" };
	bool has_all = true;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = mem_printf("%s/%s", folder, files[i]);

		has_all = has_all && access(path, F_OK) == 0;
		free(path);
	}
	return has_all;
}

/* Looks through a folder; prefix is what names in it begin with. */
static void add_folder(struct report *report, const char *folder,
		       const char *prefix, int depth)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_shown, compare_entries);

	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", folder, entries[i]->d_name);
		char *name = mem_printf("%s%s", prefix, entries[i]->d_name);
		struct stat st;

		if (lstat(path, &st) != 0 ||
		    (S_ISDIR(st.st_mode) && is_own_folder(report, &st))) {
			/* It is gone, or ours. */
		} else if ((S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
			   is_capture(report, path)) {
			add_capture(report, path, name);
		} else if (S_ISLNK(st.st_mode)) {
			report->n_links++;
		} else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH &&
			   !is_report(path)) {
			char *below = mem_printf("%s/", name);

			add_folder(report, path, below, depth + 1);
			free(below);
		}
		free(path);
		free(name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	else
		add_capture(report, folder, prefix);
}

/* What is behind the last slash. */
static const char *base_name(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && path[length - 1] == '/')
		length--;
	while (length > 0 && path[length - 1] != '/')
		length--;
	return path + length;
}

static void find_captures(struct report *report)
{
	const struct options *options = report->options;

	for (size_t i = 0; i < options->inputs.n; i++) {
		const char *path = options->inputs.items[i];
		struct stat st;

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    !is_capture(report, path))
			add_folder(report, path, "", 0);
		else
			add_capture(report, path, base_name(path));
	}
}

/* ---- folders and files ---- */

static bool make_folder(const char *path, struct err *err)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST ||
	       err_set_errno(err, "%s: cannot make the folder", path);
}

static bool is_taken(const struct report *report, const char *folder)
{
	if (strcmp(folder, "index.html") == 0 ||
	    strcmp(folder, "INDEX.md") == 0)
		return true;
	for (size_t i = 0; i < report->entries.n; i++)
		if (strcmp(report->entries.items[i].folder, folder) == 0)
			return true;
	return false;
}

/* A name that is no trouble in paths and links, and that no other has. */
static char *folder_name(const struct report *report, const char *name)
{
	enum { MAX_NAME = 200 };
	char *plain = mem_printf("%.*s", MAX_NAME, *name ? name : "capture");
	char *made;

	for (char *p = plain; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    *p) ||
		    (p == plain && *p == '.'))
			*p = '_';
	made = mem_strdup(plain);
	for (unsigned i = 2; is_taken(report, made); i++) {
		free(made);
		made = mem_printf("%s-%u", plain, i);
	}
	free(plain);
	return made;
}

/* Writes one file of a capture; entry NULL: of the report. */
static bool write_file(struct report *report, const struct report_entry *entry,
		       const char *name, const void *bytes, size_t size)
{
	char *path =
		mem_printf("%s/%s%s%s", report->folder,
			   entry ? entry->folder : "", entry ? "/" : "", name);
	struct stat st;
	bool ok;

	/* It would lead elsewhere. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		ok = err_set(&report->err, "%s: is a link", path);
	else
		ok = file_replace(path, bytes, size, &report->err);
	free(path);
	return ok;
}

static bool write_format(struct report *report,
			 const struct report_entry *entry,
			 const struct profile *profile,
			 enum output_format format, const char *name)
{
	struct output_options look = report->options->look;
	struct buf bytes = { 0 };
	bool ok;

	if (!look.is_title_chosen)
		look.title = entry->name;
	output_render(profile, format, &look, &bytes);
	ok = write_file(report, entry, name, bytes.bytes, bytes.size);
	buf_release(&bytes);
	return ok;
}

/* ---- one capture ---- */

static char *text_of(struct buf *bytes)
{
	char *text;

	buf_add(bytes, "", 1);
	text = (char *)bytes->bytes;
	*bytes = (struct buf){ 0 };
	return text;
}

static char *unnamed_lines(const struct conversion *conversion)
{
	const struct coverage *coverage = &conversion->coverage;
	const struct profile *profile = &conversion->profile;
	struct buf lines = { 0 };

	for (size_t i = 0; i < coverage->rows.n; i++) {
		const struct coverage_row *row = &coverage->rows.items[i];
		const char *path = "(no module)";

		if (row->module != NO_MODULE)
			path = profile_string(
				profile,
				profile->modules.items[row->module].path);
		buf_printf(&lines, "%7.2f%%  %s: %s\n",
			   coverage_percent(row->weight, coverage->weight),
			   path, reason_text(row->reason));
	}
	return text_of(&lines);
}

static char *total_text(const struct profile *profile)
{
	const struct value_type *type =
		&profile->types.items[profile->default_type];
	char value[32];

	return mem_printf(
		"%s %s",
		weight_text(profile_total(profile, profile->default_type),
			    profile_string(profile, type->unit), value,
			    sizeof(value)),
		profile_string(profile, type->type));
}

static bool write_statistics(struct report *report,
			     const struct report_entry *entry,
			     const struct conversion *conversion)
{
	char *text = summary_json(&(struct summary){
		.options = report->options,
		.input = conversion->input,
		.profile = &conversion->profile,
		.coverage = &conversion->coverage,
		.read = &conversion->read,
		.symbolizer = &conversion->symbolizing.stats,
		.cache = conversion->symbolizing.cache_stats,
		.symbolize_ns = conversion->symbolizing.ns,
		.total_ns = clock_now() - conversion->started,
	});
	bool ok = write_file(report, entry, "stats.json", text, strlen(text));

	free(text);
	return ok;
}

static void describe(const struct report *report, struct report_entry *entry,
		     const struct conversion *conversion)
{
	const struct coverage *coverage = &conversion->coverage;
	struct buf top = { 0 };

	entry->n_samples = conversion->read.n_samples;
	entry->n_filtered = conversion->read.n_filtered;
	entry->n_lost = conversion->read.n_lost;
	entry->n_bpf_filtered = conversion->read.n_bpf_filtered;
	entry->n_damaged = conversion->read.n_damaged;
	entry->named = coverage_percent(
		coverage->by_reason[REASON_NAMED].weight, coverage->weight);
	entry->total = total_text(&conversion->profile);
	entry->others = value_shown_others(&conversion->profile,
					   conversion->profile.default_type);
	entry->unnamed = unnamed_lines(conversion);
	output_render(&conversion->profile, FORMAT_TOP, &report->options->look,
		      &top);
	entry->top = text_of(&top);
}

/* The picture may need samples told apart by more than the rest. */
static bool write_capture(struct report *report, struct report_entry *entry,
			  struct conversion *conversion)
{
	struct profile *profile = &conversion->profile;

	describe(report, entry, conversion);
	if (!write_format(report, entry, profile, FORMAT_HTML, "flame.html"))
		return false;
	if (!conversion->read.keeps_labels)
		outputs_hide_labels(report->options, profile);
	return write_format(report, entry, profile, FORMAT_PPROF,
			    "profile.pb.gz") &&
	       write_file(report, entry, "top.txt", entry->top,
			  strlen(entry->top)) &&
	       write_statistics(report, entry, conversion);
}

/* ---- against a baseline ---- */

static bool write_difference(struct report *report, struct report_entry *entry,
			     const struct comparison *comparison)
{
	struct buf table = { 0 }, picture = { 0 };
	struct err *err = &report->err;
	bool ok;

	entry->change = diff_percent(comparison->functions.diff.base_total,
				     comparison->functions.diff.new_total);
	ok = comparison_render(comparison, FORMAT_TOP, &table, err) &&
	     comparison_render(comparison, FORMAT_HTML, &picture, err) &&
	     write_file(report, entry, "diff.html", picture.bytes,
			picture.size);
	entry->diff = text_of(&table);
	buf_release(&picture);
	return ok && write_file(report, entry, "diff.txt", entry->diff,
				strlen(entry->diff));
}

/* False where files cannot be written; a baseline that cannot be compared with
 * is told of on the page. */
static bool compare_with_base(struct report *report, struct report_entry *entry,
			      const struct conversion *conversion,
			      const char *path)
{
	struct conversion base = { 0 };
	struct comparison comparison = { 0 };
	struct err err;
	bool ok = true;

	if (conversion_run(&base, report->options, path, &err) &&
	    comparison_init(&comparison, report->options, &base, conversion,
			    &err))
		ok = write_difference(report, entry, &comparison);
	else
		entry->base_error = mem_strdup(err.text);
	comparison_release(&comparison);
	conversion_release(&base);
	return ok;
}

/* A baseline is another file than the capture. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static bool add_difference(struct report *report, struct report_entry *entry,
			   const struct conversion *conversion)
{
	char *path;
	bool ok = true;

	if (!report->options->baseline)
		return true;
	path = mem_printf("%s/%s", report->options->baseline, entry->name);
	entry->has_base = access(path, F_OK) == 0 || errno != ENOENT;
	if (entry->has_base && is_same_file(path, conversion->input))
		entry->base_error = mem_strdup("it is the baseline itself");
	else if (entry->has_base && entry->n_samples > 0)
		ok = compare_with_base(report, entry, conversion, path);
	free(path);
	return ok;
}

/* ---- all of them ---- */

static bool write_page(struct report *report, const struct report_entry *entry)
{
	struct buf page = { 0 };
	bool ok;

	report_page_html(entry, &page);
	ok = write_file(report, entry, "index.html", page.bytes, page.size);
	buf_release(&page);
	return ok;
}

static void tell(const struct report *report, const struct report_entry *entry)
{
	char name[512];

	text_escape(name, sizeof(name), entry->name);
	if (entry->error)
		fprintf(stderr, "symconv: %s\n", entry->error);
	else if (!report->options->symbols.is_quiet)
		fprintf(stderr, "%s: %" PRIu64 " samples, %.1f%% named\n", name,
			entry->n_samples, entry->named);
}

/* False where files cannot be written. */
static bool report_on(struct report *report, const struct capture *capture)
{
	struct report_entry entry = {
		.name = mem_strdup(capture->name),
		.path = mem_strdup(capture->path),
		.folder = folder_name(report, capture->name),
	};
	char *folder = mem_printf("%s/%s", report->folder, entry.folder);
	struct conversion conversion = { 0 };
	bool ok = make_folder(folder, &report->err);
	struct err err;

	if (ok &&
	    !conversion_run(&conversion, report->options, capture->path, &err))
		entry.error = mem_strdup(err.text);
	else if (ok)
		ok = write_capture(report, &entry, &conversion) &&
		     add_difference(report, &entry, &conversion);
	ok = ok && write_page(report, &entry);
	tell(report, &entry);
	conversion_release(&conversion);
	*vec_add(&report->entries) = entry;
	free(folder);
	return ok;
}

static bool write_index(struct report *report)
{
	struct buf html = { 0 }, markdown = { 0 };
	char *title = mem_printf("%zu captures", report->entries.n);
	bool ok;

	report_index_html(&report->entries, title, &html);
	report_index_markdown(&report->entries, title, &markdown);
	ok = write_file(report, NULL, "index.html", html.bytes, html.size) &&
	     write_file(report, NULL, "INDEX.md", markdown.bytes,
			markdown.size);
	free(title);
	buf_release(&html);
	buf_release(&markdown);
	return ok;
}

static void report_release(struct report *report)
{
	for (size_t i = 0; i < report->captures.n; i++) {
		free(report->captures.items[i].path);
		free(report->captures.items[i].name);
	}
	for (size_t i = 0; i < report->entries.n; i++)
		report_entry_release(&report->entries.items[i]);
	vec_release(&report->captures);
	vec_release(&report->entries);
}

static size_t count_errors(const struct report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->entries.n; i++)
		n += report->entries.items[i].error != NULL;
	return n;
}

static bool check_baseline(const struct options *options, struct err *err)
{
	struct stat st;

	if (!options->baseline)
		return true;
	if (stat(options->baseline, &st) != 0)
		return err_set_errno(err, "%s: no baseline", options->baseline);
	return S_ISDIR(st.st_mode) ||
	       err_set(err, "%s: no folder", options->baseline);
}

/* The folder of the report, which is no input. */
static bool open_folder(struct report *report)
{
	const struct options *options = report->options;
	struct stat st;

	if (options->outputs.n > 1)
		return err_set(&report->err, "a report goes to one folder");
	if (!make_folder(report->folder, &report->err))
		return false;
	if (stat(report->folder, &report->folder_stat) != 0)
		return err_set_errno(&report->err, "%s: cannot be used",
				     report->folder);
	for (size_t i = 0; i < options->inputs.n; i++)
		if (stat(options->inputs.items[i], &st) == 0 &&
		    is_own_folder(report, &st))
			return err_set(&report->err,
				       "%s: captures and their report in one "
				       "folder; -o names another",
				       report->folder);
	return check_baseline(options, &report->err);
}

static void summarize(const struct report *report)
{
	if (report->options->symbols.is_quiet)
		return;
	if (report->n_links > 0)
		fprintf(stderr, "%zu links were not followed\n",
			report->n_links);
	fprintf(stderr, "wrote %s/index.html\n", report->folder);
}

static int run(const struct options *options)
{
	struct report report = {
		.options = options,
		.folder = options->outputs.items[0].path,
	};
	bool ok = open_folder(&report);
	int status = EXIT_FAILURE;

	if (ok)
		find_captures(&report);
	for (size_t i = 0; ok && i < report.captures.n; i++)
		ok = report_on(&report, &report.captures.items[i]);
	ok = ok && write_index(&report);
	if (!ok)
		fprintf(stderr, "symconv: %s\n", report.err.text);
	else if (count_errors(&report) == 0)
		status = EXIT_SUCCESS;
	if (ok)
		summarize(&report);
	report_release(&report);
	return status;
}

int report_main(int argc, char **argv)
{
	static const struct command command = {
		.word = "report",
		.usage = "Usage: symconv report FOLDER|INPUT... -o OUTDIR "
			 "[OPTION]...\n"
			 "Pages about all captures in a folder: of each its "
			 "profile, flame graph, table of\n"
			 "functions, what has no name, and what changed "
			 "against a baseline.\n"
			 "OUTDIR defaults to report.\n"
			 "\n"
			 "  symconv report captures/ -o report\n"
			 "  symconv report new/ --baseline old/ -o report\n"
			 "\n"
			 "      --baseline FOLDER  where captures of the same "
			 "names are compared with\n",
		.min_inputs = 1,
		.max_inputs = SIZE_MAX,
		.format = FORMAT_HTML,
		.output = "report",
		.is_folder = true,
		.raw = RAW_OFFSET,
	};

	return options_run(&command, argc, argv, run);
}
