/*
 * Opens a file in a place where others may have planted links: no symbolic link
 * is followed that lies in a directory which everybody may write to.
 */
#ifndef BASE_SAFE_OPEN_H
#define BASE_SAFE_OPEN_H

#include <sys/stat.h>

/*
 * Opens the regular file at path for reading; root is NULL, or the directory
 * that an absolute path counts from and that no link leads out of. Returns -1
 * with errno; ELOOP where a link in a world-writable directory is in the way.
 * st may be NULL.
 */
int safe_open_regular(const char *root, const char *path, struct stat *st);

#endif
