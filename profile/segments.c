#include "config.h"
#include "profile/profile.h"

bool segments_are_sound(const struct segment *segments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (segments[i].svma > UINT64_MAX - segments[i].file_size ||
		    segments[i].file_off > UINT64_MAX - segments[i].file_size)
			return false;
	return true;
}

bool segments_svma(const struct segment *segments, size_t n, uint64_t file_off,
		   uint64_t *svma)
{
	for (size_t i = 0; i < n; i++) {
		const struct segment *segment = &segments[i];

		if (file_off >= segment->file_off &&
		    file_off - segment->file_off < segment->file_size) {
			*svma = file_off - segment->file_off + segment->svma;
			return true;
		}
	}
	return false;
}
