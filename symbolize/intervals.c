#include "config.h"
#include "symbolize/intervals.h"

/* Merge sort keeps the order of equals, which qsort() does not promise. */
static void sort(struct interval *items, struct interval *scratch, size_t n)
{
	size_t half = n / 2, left = 0, right = half;

	if (n < 2)
		return;
	sort(items, scratch, half);
	sort(items + half, scratch, n - half);
	for (size_t i = 0; i < n; i++)
		scratch[i] =
			right == n || (left < half &&
				       items[left].start <= items[right].start)
				? items[left++]
				: items[right++];
	for (size_t i = 0; i < n; i++)
		items[i] = scratch[i];
}

void intervals_sort(struct intervals *intervals)
{
	struct intervals scratch = { 0 };

	vec_reserve(&scratch, intervals->n + 1);
	sort(intervals->items, scratch.items, intervals->n);
	vec_release(&scratch);
}

static void add(struct intervals *flat, uint64_t start, uint64_t limit,
		uint64_t value)
{
	struct interval *last = flat->n ? &flat->items[flat->n - 1] : NULL;

	if (start >= limit)
		return;
	if (last && last->limit == start && last->value == value)
		last->limit = limit;
	else
		*vec_add(flat) = (struct interval){ start, limit, value };
}

/*
 * A stack of the intervals around the position: the top one covers it up to
 * its limit or to the start of the next.
 */
void intervals_flatten(struct intervals *nested, struct intervals *flat)
{
	struct intervals open = { 0 };
	uint64_t at = 0;

	intervals_sort(nested);
	for (size_t i = 0; i <= nested->n; i++) {
		uint64_t until =
			i < nested->n ? nested->items[i].start : UINT64_MAX;

		while (open.n > 0 && at < until) {
			const struct interval *top = &open.items[open.n - 1];
			uint64_t limit =
				top->limit < until ? top->limit : until;

			add(flat, at, limit, top->value);
			if (limit > at)
				at = limit;
			if (top->limit > until)
				break;
			open.n--;
		}
		if (i < nested->n) {
			*vec_add(&open) = nested->items[i];
			at = until;
		}
	}
	vec_release(&open);
}

bool intervals_find_part(const uint64_t *starts, uint32_t n, uint64_t address,
			 uint64_t *part)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (starts[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*part = low - 1;
	return low > 0;
}
