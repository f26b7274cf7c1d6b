#include "config.h"
#include "cmd/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "profile/merge.h"

/* What pprof takes base samples of a difference by. */
#define BASE_LABEL "pprof::base"

static const char *type_of(const struct profile *profile)
{
	return profile_string(profile,
			      profile->types.items[profile->default_type].type);
}

static const char *unit_of(const struct profile *profile)
{
	return profile_string(profile,
			      profile->types.items[profile->default_type].unit);
}

const char *comparison_unit(const struct comparison *comparison)
{
	return unit_of(&comparison->base->profile);
}

static bool are_comparable(const struct conversion *base,
			   const struct conversion *new, struct err *err)
{
	const struct profile *before = &base->profile, *after = &new->profile;

	if (strcmp(type_of(before), type_of(after)) != 0)
		return err_set(
			err,
			"%s counts %s and %s counts %s: --type NAME chooses",
			base->input, type_of(before), new->input,
			type_of(after));
	return strcmp(unit_of(before), unit_of(after)) == 0 ||
	       err_set(err, "%s counts in %s and %s in %s", base->input,
		       unit_of(before), new->input, unit_of(after));
}

static void weigh(struct comparison *comparison, struct sides *sides,
		  bool by_line)
{
	struct weights_options how = {
		.type = comparison->base->profile.default_type,
		.by_line = by_line,
		.raw = comparison->options->look.raw,
	};

	weights_init(&sides->base, &comparison->base->profile, &how);
	how.type = comparison->new->profile.default_type;
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
	if (!are_comparable(base, new, err))
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
	if (ok)
		output_render(&profile, FORMAT_PPROF,
			      &comparison->options->look, out);
	profile_release(&profile);
	return ok;
}

static void render_table(const struct comparison *comparison, struct buf *out)
{
	const struct output_options *look = &comparison->options->look;

	diff_write(look->is_by_line ? &comparison->lines.diff
				    : &comparison->functions.diff,
		   &(struct diff_options){
			   .type = type_of(&comparison->base->profile),
			   .unit = comparison_unit(comparison),
			   .n = look->n_top,
			   .by_cum = look->is_by_cum,
		   },
		   out);
}

static void render_picture(const struct comparison *comparison,
			   enum output_format format, struct buf *out)
{
	struct output_options look = comparison->options->look;
	char *title = mem_printf("%s → %s", comparison->base->input,
				 comparison->new->input);

	if (!look.is_title_chosen)
		look.title = title;
	output_render_difference(&comparison->base->profile,
				 &comparison->new->profile, comparison->factor,
				 format, &look, out);
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
