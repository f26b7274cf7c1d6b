/*
 * Shared libraries that are loaded only when they are needed, as they bring
 * others along that would cost every start its time.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* Sets *function, a pointer to a function, to the one of that name; false if
 * there is none. dlsym() gives an object pointer where POSIX wants it taken for
 * a function. */
static inline bool library_function(void *handle, const char *name,
				    void *function)
{
	void *symbol = handle ? dlsym(handle, name) : NULL;

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

#endif
