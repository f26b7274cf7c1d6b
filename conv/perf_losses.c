#include "config.h"
#include "conv/perf_losses.h"

#include "conv/perf_abi.h"
#include "conv/perf_record.h"

static void add(uint64_t *sum, uint64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
}

/*
 * Who wrote a LOST_SAMPLES. The kernel does so for precise events alone, at
 * the time at which it finds out; perf fills all of the record's trailer but
 * the id with zeros.
 */
static bool is_of_kernel(const struct perf_file *file, uint64_t time)
{
	bool has_precise = false, has_time = false, has_count = false;

	for (size_t i = 0; i < file->events.n; i++) {
		const struct event *event = &file->events.items[i];

		has_precise |= (event->flags & ATTR_PRECISE_IP) != 0;
		has_time |= (event->sample_type & SAMPLE_TIME) &&
			    (event->flags & ATTR_SAMPLE_ID_ALL);
		has_count |= (event->read_format & FORMAT_LOST) != 0;
	}
	return has_precise && (has_time ? time != 0 : !has_count);
}

bool perf_losses_add(struct perf_losses *losses, const struct perf_file *file,
		     const struct record *record)
{
	struct reader payload = record_payload(record, file->is_swapped);
	struct record_id id;
	uint64_t n;

	if (record->type == RECORD_LOST)
		reader_u64(&payload); /* id */
	n = reader_u64(&payload);
	if (!reader_ok(&payload))
		return false;
	id = record_take_id(file, record->type, &payload);
	if (record->type == RECORD_LOST)
		add(&losses->in_buffers, n);
	else if (record->misc & MISC_LOST_SAMPLES_BPF)
		add(&losses->by_filter, n);
	else if (is_of_kernel(file, id.time))
		add(&losses->of_kernel, n);
	else
		add(&losses->of_events, n);
	return true;
}

uint64_t perf_losses_total(const struct perf_losses *losses)
{
	/* An event that lost nothing can be the one to report what others of
	 * the same buffer lost, so that ids do not match: sums do. */
	uint64_t total = losses->in_buffers > losses->of_events
				 ? losses->in_buffers
				 : losses->of_events;

	add(&total, losses->of_kernel);
	return total;
}
