#include "config.h"
#include "cmd/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "profile/merge.h"
#include "profile/value_shown.h"

/* What pprof takes base samples of a difference by. */
#define BASE_LABEL "pprof::base"

static const char *type_of(const struct profile *profile, uint32_t type)
{
	return profile_string(profile, profile->types.items[type].type);
}

static const char *unit_of(const struct profile *profile, uint32_t type)
{
	return profile_string(profile, profile->types.items[type].unit);
}

const char *comparison_unit(const struct comparison *comparison)
{
	return unit_of(&comparison->base->profile, comparison->base_type);
}

/* What the other profile calls a type; NO_TYPE: it has none of that name. */
static uint32_t same_type(const struct profile *from, uint32_t type,
			  const struct profile *in)
{
	for (uint32_t i = 0; i < in->types.n; i++)
		if (strcmp(type_of(from, type), type_of(in, i)) == 0)
			return i;
	return NO_TYPE;
}

static bool choose_types(struct comparison *comparison, struct err *err)
{
	const struct conversion *base = comparison->base;
	const struct conversion *new = comparison->new;
	const struct profile *before = &base->profile, *after = &new->profile;
	uint32_t shown = before->default_type;
	uint32_t other = same_type(before, shown, after);

	if (other == NO_TYPE)
		return err_set(
			err,
			"%s counts %s and %s counts %s: --type NAME chooses",
			base->input, type_of(before, shown), new->input,
			type_of(after, after->default_type));
	comparison->base_type = shown;
	comparison->new_type = other;
	return strcmp(unit_of(before, shown), unit_of(after, other)) == 0 ||
	       err_set(err, "%s counts in %s and %s in %s", base->input,
		       unit_of(before, shown), new->input,
		       unit_of(after, other));
}

static void weigh(struct comparison *comparison, struct sides *sides,
		  bool by_line)
{
	struct weights_options how = {
		.type = comparison->base_type,
		.by_line = by_line,
		.raw = comparison->options->look.raw,
	};

	weights_init(&sides->base, &comparison->base->profile, &how);
	how.type = comparison->new_type;
	weights_init(&sides->new, &comparison->new->profile, &how);
}

static bool normalize(struct comparison *comparison, struct err *err)
{
	int64_t before = comparison->functions.base.total;
	int64_t after = comparison->functions.new.total;

	comparison->factor = 1;
	if (!comparison->options->normalizes)
		return true;
	if (before <= 0 || after <= 0)
		return err_set(err,
			       "%s weighs nothing, so that there is nothing "
			       "to normalize",
			       before <= 0 ? comparison->base->input
					   : comparison->new->input);
	comparison->factor = (double)before / (double)after;
	return true;
}

bool comparison_init(struct comparison *comparison,
		     const struct options *options,
		     const struct conversion *base,
		     const struct conversion *new, struct err *err)
{
	struct sides *functions = &comparison->functions;
	struct sides *lines = &comparison->lines;

	*comparison = (struct comparison){
		.options = options,
		.base = base,
		.new = new,
	};
	if (!choose_types(comparison, err))
		return false;
	weigh(comparison, functions, false);
	if (!normalize(comparison, err))
		return false;
	diff_init(&functions->diff, &functions->base, &functions->new,
		  comparison->factor);
	if (options->look.is_by_line) {
		weigh(comparison, lines, true);
		diff_init(&lines->diff, &lines->base, &lines->new,
			  comparison->factor);
	}
	return true;
}

static void sides_release(struct sides *sides)
{
	diff_release(&sides->diff);
	weights_release(&sides->base);
	weights_release(&sides->new);
}

void comparison_release(struct comparison *comparison)
{
	sides_release(&comparison->functions);
	sides_release(&comparison->lines);
}

/* As pprof -diff_base has it: what is new, less what was. */
static bool render_pprof(const struct comparison *comparison, struct buf *out,
			 struct err *err)
{
	struct merge_options add = { .factor = comparison->factor };
	struct merge_options take = { .factor = -1, .label = BASE_LABEL };
	struct profile profile;
	bool ok;

	profile_init(&profile);
	ok = profile_merge(&profile, &comparison->new->profile, &add, err) &&
	     (profile_merge(&profile, &comparison->base->profile, &take, err) ||
	      err_prefix(err, "%s", comparison->base->input));
	if (ok) {
		profile.default_type = comparison->new_type;
		profile.period_type = profile.types.items[profile.default_type];
		output_render(&profile, FORMAT_PPROF,
			      &comparison->options->look, out);
	}
	profile_release(&profile);
	return ok;
}

/* What else both have: "instructions 100 -> 120, …"; NULL: nothing. */
static char *describe_others(const struct comparison *comparison)
{
	const struct profile *base = &comparison->base->profile;
	const struct profile *new = &comparison->new->profile;
	struct buf out = { 0 };

	for (uint32_t i = 0; i < base->types.n; i++) {
		uint32_t other = same_type(base, i, new);
		char total[32];

		if (i == comparison->base_type || other == NO_TYPE ||
		    profile_is_count_of_next(base, i))
			continue;
		buf_add_text(&out, out.size > 0 ? ", " : "");
		value_shown_describe(base, i, &out);
		buf_printf(&out, " -> %s",
			   weight_text(profile_total(new, other),
				       unit_of(new, other), total,
				       sizeof(total)));
	}
	if (out.size > 0)
		buf_add(&out, "", 1);
	return (char *)out.bytes;
}

static void render_table(const struct comparison *comparison, struct buf *out)
{
	const struct output_options *look = &comparison->options->look;
	char *others = describe_others(comparison);

	diff_write(look->is_by_line ? &comparison->lines.diff
				    : &comparison->functions.diff,
		   &(struct diff_options){
			   .type = type_of(&comparison->base->profile,
					   comparison->base_type),
			   .unit = comparison_unit(comparison),
			   .others = others,
			   .n = look->n_top,
			   .by_cum = look->is_by_cum,
		   },
		   out);
	free(others);
}

static void render_picture(const struct comparison *comparison,
			   enum output_format format, struct buf *out)
{
	struct output_options look = comparison->options->look;
	char *title = mem_printf("%s → %s", comparison->base->input,
				 comparison->new->input);

	if (!look.is_title_chosen)
		look.title = title;
	output_render_difference(
		&(struct flame_source){ &comparison->base->profile,
					comparison->base_type },
		&(struct flame_source){ &comparison->new->profile,
					comparison->new_type },
		comparison->factor, format, &look, out);
	free(title);
}

bool comparison_has_format(enum output_format format)
{
	return format == FORMAT_TOP || format == FORMAT_PPROF ||
	       format == FORMAT_HTML || format == FORMAT_SVG;
}

bool comparison_render(const struct comparison *comparison,
		       enum output_format format, struct buf *out,
		       struct err *err)
{
	if (format == FORMAT_PPROF)
		return render_pprof(comparison, out, err);
	if (format == FORMAT_TOP)
		render_table(comparison, out);
	else
		render_picture(comparison, format, out);
	return true;
}
