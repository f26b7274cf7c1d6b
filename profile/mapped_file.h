/*
 * A file as a capture has it mapped.
 */
#ifndef PROFILE_MAPPED_FILE_H
#define PROFILE_MAPPED_FILE_H

#include <stdint.h>

#include "profile/build_id.h"

struct mapped_file {
	const char *path;
	struct build_id build_id; /* as the capture's header has it */
	uint32_t major, minor; /* of its device, and its inode there, as the */
	uint64_t inode;	       /* kernel had them in the mapping */
};

#endif
