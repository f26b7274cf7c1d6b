#include "config.h"
#include "cmd/report_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

void report_entry_release(struct report_entry *entry)
{
	free(entry->name);
	free(entry->path);
	free(entry->folder);
	free(entry->error);
	free(entry->total);
	free(entry->others);
	free(entry->base_error);
	free(entry->top);
	free(entry->unnamed);
	free(entry->diff);
	*entry = (struct report_entry){ 0 };
}

/* ---- text of others ---- */

/* One line of any bytes, as HTML. */
static void add_html(struct buf *out, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *safe = mem_alloc(size);

	text_escape(safe, size, text);
	for (const char *p = safe; *p; p++)
		switch (*p) {
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		case '"':
			buf_add_text(out, "&quot;");
			break;
		default:
			buf_add(out, p, 1);
		}
	free(safe);
}

/* Lines, which stay lines. */
static void add_html_lines(struct buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = mem_printf("%.*s", (int)n, text);

		add_html(out, line);
		buf_add_text(out, "\n");
		free(line);
		text += n + (text[n] == '\n');
	}
}

/* The path of a link: folders are named by us, and hold nothing odd. */
static void add_markdown(struct buf *out, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *safe = mem_alloc(size);

	text_escape(safe, size, text);
	for (const char *p = safe; *p; p++) {
		if (strchr("\\`*_[]<>|&", *p))
			buf_add_text(out, "\\");
		buf_add(out, p, 1);
	}
	free(safe);
}

/* ---- HTML ---- */

static void add_head(struct buf *out, const char *title)
{
	buf_add_text(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<meta "
		"charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	add_html(out, title);
	buf_add_text(
		out,
		"</title>\n<style>\n"
		":root { color-scheme: light dark; }\n"
		"body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem;"
		" margin: 2rem auto; padding: 0 1rem; }\n"
		"table { border-collapse: collapse; width: 100%; }\n"
		"th, td { text-align: left; padding: .35rem .7rem;"
		" border-bottom: 1px solid #8884; }\n"
		".number { text-align: right; font-variant-numeric:"
		" tabular-nums; }\n"
		".bad { color: light-dark(#b00020, #ff8a80); }\n"
		".good { color: light-dark(#00695c, #80cbc4); }\n"
		"pre { overflow-x: auto; padding: .8rem; background: #8881; }\n"
		"</style>\n<h1>");
	add_html(out, title);
	buf_add_text(out, "</h1>\n");
}

static void add_change(struct buf *out, const struct report_entry *entry,
		       void (*add_text)(struct buf *out, const char *text))
{
	if (!entry->has_base)
		buf_add_text(out, "none");
	else if (entry->base_error)
		add_text(out, entry->base_error);
	else if (isinf(entry->change))
		buf_add_text(out, "from nothing");
	else
		buf_printf(out, "%+.1f%%", entry->change);
}

static void add_links(struct buf *out, const struct report_entry *entry,
		      const char *folder)
{
	buf_printf(out,
		   "<a href=\"%sflame.html\">flame graph</a> · "
		   "<a href=\"%sprofile.pb.gz\">pprof</a> · "
		   "<a href=\"%stop.txt\">top</a> · "
		   "<a href=\"%sstats.json\">statistics</a>",
		   folder, folder, folder, folder);
	if (entry->diff)
		buf_printf(out,
			   " · <a href=\"%sdiff.html\">difference</a> "
			   "(<a href=\"%sdiff.txt\">table</a>)",
			   folder, folder);
}

static void add_index_row(struct buf *out, const struct report_entry *entry)
{
	char *folder = mem_printf("%s/", entry->folder);

	buf_printf(out, "<tr><td><a href=\"%sindex.html\">", folder);
	add_html(out, entry->name);
	buf_add_text(out, "</a><br><small>");
	add_html(out, entry->path);
	buf_add_text(out, "</small>");
	if (entry->error) {
		buf_add_text(out, "<td colspan=\"5\" class=\"bad\">");
		add_html(out, entry->error);
	} else if (entry->n_samples == 0) {
		buf_add_text(out, "<td colspan=\"5\">no samples");
	} else {
		buf_printf(out, "<td class=\"number\">%" PRIu64,
			   entry->n_samples);
		buf_add_text(out, "<td class=\"number\">");
		add_html(out, entry->total);
		buf_printf(out, "<td class=\"number\">%.1f%%", entry->named);
		buf_printf(out, "<td class=\"number %s\">",
			   !entry->has_base || entry->base_error ? ""
			   : entry->change > 0			 ? "bad"
								 : "good");
		add_change(out, entry, add_html);
		buf_add_text(out, "<td>");
		add_links(out, entry, folder);
	}
	buf_add_text(out, "</tr>\n");
	free(folder);
}

void report_index_html(const report_entries *entries, const char *title,
		       struct buf *out)
{
	add_head(out, title);
	buf_add_text(out, "<table>\n<tr><th>capture<th class=\"number\">samples"
			  "<th class=\"number\">weight<th class=\"number\">"
			  "named<th class=\"number\">against baseline"
			  "<th>files</tr>\n");
	for (size_t i = 0; i < entries->n; i++)
		add_index_row(out, &entries->items[i]);
	buf_add_text(out, "</table>\n");
	if (entries->n == 0)
		buf_add_text(out, "<p>No captures were found.\n");
}

static void add_section(struct buf *out, const char *title, const char *lines)
{
	if (!lines || !*lines)
		return;
	buf_printf(out, "<h2>%s</h2>\n<pre>", title);
	add_html_lines(out, lines);
	buf_add_text(out, "</pre>\n");
}

static void add_no_samples(struct buf *out, const struct report_entry *entry)
{
	if (entry->n_filtered > 0)
		buf_printf(out,
			   "\n<p>This capture holds no samples of those that "
			   "were asked for: filters left out %" PRIu64 ".\n",
			   entry->n_filtered);
	else
		buf_add_text(out,
			     "\n<p>This capture holds no samples: nothing ran "
			     "while it was recorded, or what ran was not what "
			     "was recorded.\n");
	if (entry->has_base)
		buf_add_text(out, "<p>There is a baseline of it.\n");
}

static void add_losses(struct buf *out, const struct report_entry *entry)
{
	if (entry->n_lost > 0)
		buf_printf(out, "<p>Lost while recording: %" PRIu64 ".\n",
			   entry->n_lost);
	if (entry->n_bpf_filtered > 0)
		buf_printf(out,
			   "<p>Filtered by BPF while recording: %" PRIu64
			   " samples.\n",
			   entry->n_bpf_filtered);
	if (entry->n_damaged > 0)
		buf_printf(out, "<p>Damaged records: %" PRIu64 ".\n",
			   entry->n_damaged);
	if (entry->n_filtered > 0)
		buf_printf(out,
			   "<p>Left out by filters: %" PRIu64 " samples.\n",
			   entry->n_filtered);
}

void report_page_html(const struct report_entry *entry, struct buf *out)
{
	add_head(out, entry->name);
	buf_add_text(out, "<p><a href=\"../index.html\">All captures</a>");
	if (entry->error) {
		buf_add_text(out, "\n<p class=\"bad\">Not converted: ");
		add_html(out, entry->error);
		buf_add_text(out, "\n");
		return;
	}
	buf_add_text(out, " · ");
	add_links(out, entry, "");
	if (entry->n_samples == 0) {
		add_no_samples(out, entry);
		return;
	}
	buf_printf(out, "\n<p>%" PRIu64 " samples, ", entry->n_samples);
	add_html(out, entry->total);
	buf_printf(out, "; %.2f%% of the weight of frames has a name.\n",
		   entry->named);
	if (entry->others) {
		buf_add_text(out, "<p>Also counted: ");
		add_html(out, entry->others);
		buf_add_text(out, " (--type NAME shows it).\n");
	}
	add_losses(out, entry);
	if (entry->has_base) {
		buf_add_text(out, "<p>Against the baseline: ");
		add_change(out, entry, add_html);
		buf_add_text(out, "\n");
	}
	add_section(out, "Heaviest functions", entry->top);
	add_section(out, "What changed most", entry->diff);
	add_section(out, "What has no name", entry->unnamed);
}

/* ---- Markdown ---- */

static void add_markdown_row(struct buf *out, const struct report_entry *entry)
{
	buf_add_text(out, "| ");
	add_markdown(out, entry->name);
	if (entry->error || entry->n_samples == 0) {
		buf_add_text(out, " | ");
		add_markdown(out, entry->error ? entry->error : "no samples");
		buf_printf(out, " | | | | [page](%s/index.html) |\n",
			   entry->folder);
		return;
	}
	buf_printf(out, " | %" PRIu64 " | ", entry->n_samples);
	add_markdown(out, entry->total);
	buf_printf(out, " | %.1f%% | ", entry->named);
	add_change(out, entry, add_markdown);
	buf_printf(out,
		   " | [page](%s/index.html), [flame graph](%s/flame.html), "
		   "[pprof](%s/profile.pb.gz), [top](%s/top.txt), "
		   "[statistics](%s/stats.json)",
		   entry->folder, entry->folder, entry->folder, entry->folder,
		   entry->folder);
	if (entry->diff)
		buf_printf(out,
			   ", [difference](%s/diff.html) "
			   "([table](%s/diff.txt))",
			   entry->folder, entry->folder);
	buf_add_text(out, " |\n");
}

void report_index_markdown(const report_entries *entries, const char *title,
			   struct buf *out)
{
	buf_add_text(out, "# ");
	add_markdown(out, title);
	buf_add_text(out, "\n\n| capture | samples | weight | named | against "
			  "baseline | files |\n"
			  "|---|---:|---:|---:|---:|---|\n");
	for (size_t i = 0; i < entries->n; i++)
		add_markdown_row(out, &entries->items[i]);
	if (entries->n == 0)
		buf_add_text(out, "\nNo captures were found.\n");
}
