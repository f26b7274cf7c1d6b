/*
 * The files in conv/flamegraph/ are what is written; where they say {{name}}, a
 * part is put in. The build makes C arrays of them.
 *
 * The tree is text in a JSON string: for each node in preorder
 *
 *	2 × (levels to go up from the node before, to its parent) + has self
 *	number of its key, the most frequent ones first
 *	self, if it has: now, and in the baseline if there is one
 *
 * each number in digits of 5 bits, the lowest first, 64 characters standing for
 * a digit and whether another follows. That is some five bytes for a node. The
 * totals are for the reader to add up.
 */
#include "config.h"
#include "conv/flamegraph_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/vec.h"
#include "conv/flame_tree.h"
#include "conv/flamegraph_files.h"
#include "profile/value_shown.h"

enum { N_SHADES = 16 };

/* How frames are coloured: a hue of its own for each kind, and shades of it. */
struct colour {
	const char *kind;
	int hue, span; /* degrees; a name is somewhere from hue to hue + span */
	int saturation; /* percent */
};

static const struct colour colours[N_FLAME_KINDS] = {
	[FLAME_ROOT] = { "root", 220, 0, 10 },
	[FLAME_THREAD] = { "thread", 220, 20, 16 },
	[FLAME_USER] = { "user", 14, 36, 88 },
	[FLAME_KERNEL] = { "kernel", 205, 38, 80 },
	[FLAME_JIT] = { "generated", 88, 40, 58 },
	[FLAME_RAW] = { "raw", 260, 0, 4 },
	[FLAME_UNMAPPED] = { "unmapped", 320, 0, 12 },
};

struct writer {
	const struct profile *profile;
	const struct flamegraph_options *options;
	struct flame_tree tree;
	struct buf data;
	struct buf name; /* the one at hand, as text that is fit to be shown */
	char nonce[33];
	struct buf *out;
};

static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

/* ---- names ---- */

/* Controls, what ends lines, what turns the direction of text, no characters */
static bool is_unfit(const unsigned char *p, size_t length)
{
	if (length == 0 || *p < 0x20 || *p == 0x7f)
		return true;
	if (length == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (length == 3 && p[0] == 0xe2)
		return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
		       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
	return length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* Makes text that is fit to be shown the one at hand. */
static void take_name(struct writer *writer, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), length;
	char escaped[5];

	writer->name.size = 0;
	if (is_plain(text)) {
		buf_add(&writer->name, text, left);
		return;
	}
	for (; left > 0; p += length, left -= length) {
		length = text_utf8_length(p, left);
		if (!is_unfit(p, length)) {
			buf_add(&writer->name, p, length);
			continue;
		}
		length = length ? length : 1;
		for (size_t i = 0; i < length; i++) {
			snprintf(escaped, sizeof(escaped), "\\x%02x", p[i]);
			add_text(&writer->name, escaped);
		}
	}
}

static const char *replacement_json(unsigned char byte)
{
	switch (byte) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '&':
		return "\\u0026";
	}
	return NULL;
}

static const char *replacement_xml(unsigned char byte)
{
	switch (byte) {
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	}
	return NULL;
}

/* Appends bytes, some of them replaced, as fit for JSON, HTML and XML. */
static void add_replaced(struct buf *out, const unsigned char *bytes,
			 size_t size,
			 const char *(*replacement)(unsigned char byte))
{
	size_t done = 0;

	for (size_t i = 0; i < size; i++) {
		const char *other = replacement(bytes[i]);

		if (!other)
			continue;
		buf_add(out, bytes + done, i - done);
		add_text(out, other);
		done = i + 1;
	}
	buf_add(out, bytes + done, size - done);
}

static void add_json(struct writer *writer, const char *text)
{
	struct buf *out = &writer->data;

	take_name(writer, text);
	add_text(out, "\"");
	add_replaced(out, writer->name.bytes, writer->name.size,
		     replacement_json);
	add_text(out, "\"");
}

static void add_xml(struct writer *writer, const char *text)
{
	take_name(writer, text);
	add_replaced(writer->out, writer->name.bytes, writer->name.size,
		     replacement_xml);
}

static const char *name_of(const struct flame_tree *tree, uint32_t key)
{
	return intern_get(&tree->names, tree->keys.items[key].name);
}

/* The same for a name in every file. */
static uint32_t shade_of(const char *name)
{
	return (uint32_t)(XXH3_64bits(name, strlen(name)) % N_SHADES);
}

/* ---- data ---- */

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { DIGIT_BITS = 5, DIGIT_MORE = 1 << DIGIT_BITS, NUMBER_MAX = 13 };

static char *put_number(char *at, uint64_t value)
{
	for (; value >= DIGIT_MORE; value >>= DIGIT_BITS)
		*at++ = digits[(value & (DIGIT_MORE - 1)) | DIGIT_MORE];
	*at++ = digits[value];
	return at;
}

static void add_nodes(struct writer *writer, const uint32_t *numbers)
{
	const struct flame_tree *tree = &writer->tree;
	bool has_base = writer->options->base != NULL;
	struct buf *out = &writer->data;
	uint32_t depth = 0; /* of the node before */

	for (size_t i = 0; i < tree->nodes.n; i++) {
		const struct flame_node *node = &tree->nodes.items[i];
		const int64_t *self = node->self;
		bool has_self = self[FLAME_NOW] || self[FLAME_BASE];
		uint64_t up = i > 0 ? depth + 1 - node->depth : 0;
		char *start = (char *)buf_extend(out, 4 * NUMBER_MAX);
		char *at = put_number(start, up * 2 + has_self);

		at = put_number(at, numbers[node->key]);
		if (has_self) {
			at = put_number(at, (uint64_t)self[FLAME_NOW]);
			if (has_base)
				at = put_number(at, (uint64_t)self[FLAME_BASE]);
		}
		out->size -= (size_t)(start + 4 * NUMBER_MAX - at);
		depth = node->depth;
	}
}

struct counted_key {
	uint32_t key;
	uint32_t n;
};

static int compare_counts(const void *a, const void *b)
{
	const struct counted_key *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* The keys, those of most nodes first; free() it. */
static struct counted_key *frequent_keys(const struct flame_tree *tree)
{
	struct counted_key *order = mem_zalloc(tree->keys.n, sizeof(*order));

	for (uint32_t i = 0; i < tree->keys.n; i++)
		order[i].key = i;
	for (size_t i = 0; i < tree->nodes.n; i++)
		order[tree->nodes.items[i].key].n++;
	qsort(order, tree->keys.n, sizeof(*order), compare_counts);
	return order;
}

static void add_keys(struct writer *writer, const struct counted_key *order)
{
	const struct flame_tree *tree = &writer->tree;
	struct buf *out = &writer->data;

	add_text(out, ",\n\"names\":[");
	for (size_t i = 0; i < tree->keys.n; i++) {
		if (i > 0)
			add_text(out, ",\n");
		add_json(writer, name_of(tree, order[i].key));
	}
	add_text(out, "],\n\"kinds\":\"");
	for (size_t i = 0; i < tree->keys.n; i++) {
		const struct flame_key *key = &tree->keys.items[order[i].key];

		buf_add(out, &digits[key->kind * 2 + key->is_inlined], 1);
	}
	add_text(out, "\",\n\"shades\":\"");
	for (size_t i = 0; i < tree->keys.n; i++)
		buf_add(out, &digits[shade_of(name_of(tree, order[i].key))], 1);
	add_text(out, "\"");
}

static void add_colours(struct buf *out)
{
	add_text(out, ",\n\"colours\":[");
	for (int i = 0; i < N_FLAME_KINDS; i++) {
		const struct colour *colour = &colours[i];
		char text[96];

		snprintf(text, sizeof(text), "%s[\"%s\",%d,%d,%d]",
			 i > 0 ? "," : "", colour->kind, colour->hue,
			 colour->span, colour->saturation);
		add_text(out, text);
	}
	add_text(out, "]");
}

static void add_flag(struct buf *out, const char *name, bool value)
{
	add_text(out, ",\n\"");
	add_text(out, name);
	add_text(out, value ? "\":true" : "\":false");
}

/* A number that JSON has and that can be multiplied with. */
static double sound_factor(double factor)
{
	return isfinite(factor) && factor > 0 ? factor : 1;
}

/* Which other types of values there are. */
static void add_others(struct writer *writer)
{
	char *others =
		value_shown_others(writer->profile, writer->options->type);

	if (others) {
		add_text(&writer->data, ",\n\"others\":");
		add_json(writer, others);
	}
	free(others);
}

static void add_settings(struct writer *writer)
{
	const struct flamegraph_options *options = writer->options;
	const struct profile *profile = writer->profile;
	struct buf *out = &writer->data;
	char factors[128];

	add_text(out, "{\"title\":");
	add_json(writer, options->title);
	if (options->type < profile->types.n) {
		const struct value_type *type =
			&profile->types.items[options->type];

		add_text(out, ",\n\"type\":");
		add_json(writer, profile_string(profile, type->type));
		add_text(out, ",\n\"unit\":");
		add_json(writer, profile_string(profile, type->unit));
		add_others(writer);
	}
	add_flag(out, "isIcicle", options->is_icicle);
	add_flag(out, "isPerThread", options->per_thread);
	add_flag(out, "isDiff", options->base != NULL);
	snprintf(factors, sizeof(factors), ",\n\"factors\":[%.17g,%.17g]",
		 sound_factor(options->factor),
		 sound_factor(options->base_factor));
	add_text(out, factors);
	add_colours(out);
}

static void make_data(struct writer *writer)
{
	struct counted_key *order = frequent_keys(&writer->tree);
	uint32_t *numbers = mem_alloc(writer->tree.keys.n * sizeof(*numbers));
	XXH128_canonical_t hash;

	for (uint32_t i = 0; i < writer->tree.keys.n; i++)
		numbers[order[i].key] = i;
	add_settings(writer);
	add_keys(writer, order);
	add_text(&writer->data, ",\n\"nodes\":\"");
	add_nodes(writer, numbers);
	add_text(&writer->data, "\"}");
	free(numbers);
	free(order);
	/* So that text which gets into the page cannot know it. */
	XXH128_canonicalFromHash(
		&hash, XXH3_128bits(writer->data.bytes, writer->data.size));
	for (size_t i = 0; i < sizeof(hash.digest); i++)
		snprintf(writer->nonce + 2 * i, 3, "%02x", hash.digest[i]);
}

/* ---- the picture ---- */

enum {
	PICTURE_WIDTH = 1200,
	PICTURE_ROW = 18,
	PICTURE_TOP = 44,
	PICTURE_BOTTOM = 12,
	PICTURE_LETTER = 7, /* a little more than is needed */
	PICTURE_LABEL = 32, /* width from which on there is a name */
	PICTURE_ROWS_MAX = 400,
};

static double channel(double hue, double saturation, double light, double n)
{
	double k = fmod(n + hue / 30, 12);
	double a = saturation * fmin(light, 1 - light);

	return light - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
}

/* As the script colours it where it is light. */
static void print_colour(const struct flame_key *key, uint32_t shade,
			 char out[8])
{
	const struct colour *colour = &colours[key->kind];
	double step = (double)shade / (N_SHADES - 1);
	double hue = colour->hue + colour->span * step;
	double saturation = colour->saturation / 100.0;
	double light = (key->is_inlined ? 0.82 : 0.70) +
		       0.05 * (double)(shade % 3 - 1.0);
	unsigned rgb[3];
	static const double offsets[3] = { 0, 8, 4 };

	for (int i = 0; i < 3; i++)
		rgb[i] = (unsigned)lround(
			255 * channel(hue, saturation, light, offsets[i]));
	snprintf(out, 8, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

/* What a node weighs in the comparison more than in the baseline. */
static double difference_of(const struct writer *writer,
			    const struct flame_node *node)
{
	const struct flamegraph_options *options = writer->options;

	return (double)node->total[FLAME_NOW] * sound_factor(options->factor) -
	       (double)node->total[FLAME_BASE] *
		       sound_factor(options->base_factor);
}

static double largest_difference(const struct writer *writer)
{
	double largest = 0;

	for (size_t i = 1; i < writer->tree.nodes.n; i++)
		largest = fmax(largest,
			       fabs(difference_of(
				       writer, &writer->tree.nodes.items[i])));
	return largest;
}

/* White where nothing changed, to a full red or blue. */
static void print_difference(double difference, double largest, char out[8])
{
	double part = largest > 0 ? sqrt(fabs(difference) / largest) : 0;
	double hue = difference > 0 ? 6 : 214;
	unsigned rgb[3];
	static const double offsets[3] = { 0, 8, 4 };

	for (int i = 0; i < 3; i++)
		rgb[i] = (unsigned)lround(
			255 * channel(hue, 0.85, 0.93 - 0.3 * fmin(part, 1),
				      offsets[i]));
	snprintf(out, 8, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

/* A frame that is wide enough to be drawn. */
struct box {
	uint32_t node;
	double x, width;
};

struct picture {
	VEC(struct box) boxes;
	uint32_t n_rows;
	double largest; /* difference */
};

static void make_picture(const struct flame_tree *tree, struct picture *picture)
{
	double *next = mem_zalloc(tree->max_depth + 2, sizeof(*next));
	double scale =
		tree->nodes.items[0].total[FLAME_NOW] > 0
			? PICTURE_WIDTH /
				  (double)tree->nodes.items[0].total[FLAME_NOW]
			: 0;
	uint32_t too_deep = PICTURE_ROWS_MAX;

	for (uint32_t i = 0; i < tree->nodes.n; i++) {
		const struct flame_node *node = &tree->nodes.items[i];
		double width = (double)node->total[FLAME_NOW] * scale;
		double x = next[node->depth];

		/* What is below a narrow frame. */
		if (node->depth >= too_deep)
			continue;
		too_deep = PICTURE_ROWS_MAX;
		next[node->depth] += width;
		next[node->depth + 1] = x;
		if (width < 1) {
			too_deep = node->depth + 1;
			continue;
		}
		*vec_add(&picture->boxes) = (struct box){ i, x, width };
		if (node->depth >= picture->n_rows)
			picture->n_rows = node->depth + 1;
	}
	free(next);
}

/* How many bytes the first letters of the name at hand have. */
static size_t size_of_letters(const struct buf *name, size_t n)
{
	size_t at = 0;

	for (; n > 0 && at < name->size; n--)
		at += text_utf8_length(name->bytes + at, name->size - at);
	return at;
}

/* As many letters of the name at hand as fit. */
static void add_label(struct writer *writer, double width)
{
	const struct buf *name = &writer->name;
	size_t room = (size_t)((width - 6) / PICTURE_LETTER);
	bool is_cut = size_of_letters(name, room) < name->size;

	add_replaced(writer->out, name->bytes,
		     size_of_letters(name, is_cut ? room - 2 : room),
		     replacement_xml);
	if (is_cut)
		add_text(writer->out, "..");
}

static void add_box(struct writer *writer, const struct picture *picture,
		    const struct box *box)
{
	const struct flame_tree *tree = &writer->tree;
	const struct flame_node *node = &tree->nodes.items[box->node];
	const char *name = name_of(tree, node->key);
	uint32_t row = writer->options->is_icicle
			       ? node->depth
			       : picture->n_rows - 1 - node->depth;
	double total = (double)tree->nodes.items[0].total[FLAME_NOW];
	int y = PICTURE_TOP + PICTURE_ROW * (int)row;
	char colour[8], text[160];

	if (writer->options->base)
		print_difference(difference_of(writer, node), picture->largest,
				 colour);
	else
		print_colour(&tree->keys.items[node->key], shade_of(name),
			     colour);
	add_text(writer->out, "<g><title>");
	add_xml(writer, name);
	snprintf(text, sizeof(text),
		 " (%.2f%%)</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
		 "height=\"%d\" fill=\"%s\"/>",
		 100 * (double)node->total[FLAME_NOW] / total, box->x, y,
		 fmax(box->width - 0.5, 0.5), PICTURE_ROW - 1, colour);
	add_text(writer->out, text);
	if (box->width >= PICTURE_LABEL) {
		snprintf(text, sizeof(text), "<text x=\"%.1f\" y=\"%d\">",
			 box->x + 3, y + PICTURE_ROW - 5);
		add_text(writer->out, text);
		add_label(writer, box->width);
		add_text(writer->out, "</text>");
	}
	add_text(writer->out, "</g>\n");
}

static void add_picture(struct writer *writer, const struct picture *picture)
{
	for (size_t i = 0; i < picture->boxes.n; i++)
		add_box(writer, picture, &picture->boxes.items[i]);
}

/* ---- the file ---- */

/* Appends the part that a template calls for. */
static void add_part(struct writer *writer, const struct picture *picture,
		     const char *part, size_t length);

/* A template, each {{name}} in it replaced by that part. */
static void add_template(struct writer *writer, const struct picture *picture,
			 const unsigned char *bytes, size_t size)
{
	const char *at = (const char *)bytes, *end = at + size, *open;

	while ((open = memchr(at, '{', (size_t)(end - at)))) {
		const char *close = NULL;

		if (end - open > 4 && open[1] == '{')
			close = strstr(open, "}}");
		if (!close) {
			buf_add(writer->out, at, (size_t)(open + 1 - at));
			at = open + 1;
			continue;
		}
		buf_add(writer->out, at, (size_t)(open - at));
		add_part(writer, picture, open + 2, (size_t)(close - open - 2));
		at = close + 2;
	}
	buf_add(writer->out, at, (size_t)(end - at));
}

static bool is_part(const char *part, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(part, name, length) == 0;
}

static void add_number(struct buf *out, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, number);
	add_text(out, text);
}

static void add_part(struct writer *writer, const struct picture *picture,
		     const char *part, size_t length)
{
	struct buf *out = writer->out;

	if (is_part(part, length, "title"))
		add_xml(writer, writer->options->title);
	else if (is_part(part, length, "nonce"))
		add_text(out, writer->nonce);
	else if (is_part(part, length, "style"))
		buf_add(out, flame_css, sizeof(flame_css) - 1);
	else if (is_part(part, length, "script"))
		buf_add(out, flame_js, sizeof(flame_js) - 1);
	else if (is_part(part, length, "controls"))
		buf_add(out, controls_html, sizeof(controls_html) - 1);
	else if (is_part(part, length, "data"))
		buf_add(out, writer->data.bytes, writer->data.size);
	else if (is_part(part, length, "height"))
		add_number(out, PICTURE_TOP + PICTURE_BOTTOM +
					PICTURE_ROW * picture->n_rows);
	else if (is_part(part, length, "picture"))
		add_picture(writer, picture);
}

static void add_svg(struct writer *writer)
{
	struct picture picture = { 0 };

	make_picture(&writer->tree, &picture);
	if (writer->options->base)
		picture.largest = largest_difference(writer);
	add_template(writer, &picture, page_svg, sizeof(page_svg) - 1);
	vec_release(&picture.boxes);
}

void flamegraph_write(const struct profile *profile,
		      const struct flamegraph_options *options, struct buf *out)
{
	struct writer writer = {
		.profile = profile,
		.options = options,
		.out = out,
	};
	struct flame_source now = { profile, options->type };
	struct flame_source base = { options->base, options->base_type };

	flame_tree_init(&writer.tree, &now, options->base ? &base : NULL,
			&(struct flame_tree_options){
				.raw = options->raw,
				.per_thread = options->per_thread });
	make_data(&writer);
	if (options->format == FLAMEGRAPH_SVG)
		add_svg(&writer);
	else
		add_template(&writer, NULL, page_html, sizeof(page_html) - 1);
	buf_release(&writer.name);
	buf_release(&writer.data);
	flame_tree_release(&writer.tree);
}
