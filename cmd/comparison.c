#include "config.h"
#include "cmd/comparison.h"

#include <string.h>

#include "profile/merge.h"

/* What pprof takes base samples of a difference by. */
#define BASE_LABEL "pprof::base"

static const char *type_of(const struct profile *profile)
{
	return profile_string(profile,
			      profile->types.items[profile->default_type].type);
}

const char *comparison_unit(const struct comparison *comparison)
{
	const struct profile *profile = &comparison->base->profile;

	return profile_string(profile,
			      profile->types.items[profile->default_type].unit);
}

static bool are_comparable(const struct conversion *base,
			   const struct conversion *new, struct err *err)
{
	const char *before = type_of(&base->profile);
	const char *after = type_of(&new->profile);

	return strcmp(before, after) == 0 ||
	       err_set(err,
		       "%s counts %s and %s counts %s: --type NAME chooses",
		       base->input, before, new->input, after);
}

bool comparison_init(struct comparison *comparison,
		     const struct options *options,
		     const struct conversion *base,
		     const struct conversion *new, struct err *err)
{
	struct weights_options how = {
		.type = base->profile.default_type,
		.by_line = options->look.is_by_line,
		.raw = options->look.raw,
	};
	const struct weights *before = &comparison->base_weights;
	const struct weights *after = &comparison->new_weights;

	*comparison = (struct comparison){
		.options = options,
		.base = base,
		.new = new,
		.factor = 1,
	};
	if (!are_comparable(base, new, err))
		return false;
	weights_init(&comparison->base_weights, &base->profile, &how);
	how.type = new->profile.default_type;
	weights_init(&comparison->new_weights, &new->profile, &how);
	if (options->normalizes && before->total != 0 && after->total != 0)
		comparison->factor =
			(double)before->total / (double)after->total;
	diff_init(&comparison->diff, before, after, comparison->factor);
	return true;
}

void comparison_release(struct comparison *comparison)
{
	diff_release(&comparison->diff);
	weights_release(&comparison->base_weights);
	weights_release(&comparison->new_weights);
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
	     profile_merge(&profile, &comparison->base->profile, &take, err);
	if (ok)
		output_render(&profile, FORMAT_PPROF,
			      &comparison->options->look, out);
	profile_release(&profile);
	return ok;
}

bool comparison_render(const struct comparison *comparison,
		       enum output_format format, struct buf *out,
		       struct err *err)
{
	const struct output_options *look = &comparison->options->look;
	struct diff_options table = {
		.type = type_of(&comparison->base->profile),
		.unit = comparison_unit(comparison),
		.n = look->n_top,
		.by_cum = look->is_by_cum,
	};

	switch (format) {
	case FORMAT_TOP:
		diff_write(&comparison->diff, &table, out);
		return true;
	case FORMAT_PPROF:
		return render_pprof(comparison, out, err);
	case FORMAT_HTML:
	case FORMAT_SVG:
		output_render_difference(&comparison->base->profile,
					 &comparison->new->profile,
					 comparison->factor, format, look, out);
		return true;
	default:
		return err_set(err,
			       "a difference is written as top, pprof, html "
			       "or svg, not as %s",
			       output_format_word(format));
	}
}
