/*
 * What proves a file that has no build id, kept in the profile's comments: its
 * inode as captured, and its size as used. Whoever reads the profile again,
 * and is asked to look for names, takes no other file for it.
 *
 *	file without a build id: inode 1234 size 5678 /opt/program
 */
#ifndef PROFILE_FILE_PROOF_H
#define PROFILE_FILE_PROOF_H

#include "profile/profile.h"

#define FILE_PROOF_COMMENT "file without a build id: "

/* Adds a comment for each module of which that much is known. */
void file_proof_add_comments(struct profile *profile);

/*
 * Takes the comments out of a profile that was read and gives its modules what
 * they say. Comments about one path that differ leave it without a proof that
 * any file could meet.
 */
void file_proof_take_comments(struct profile *profile);

#endif
