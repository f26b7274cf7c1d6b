#include "config.h"
#include "symbolize/find.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "symbolize/compressed_elf.h"
#include "symbolize/elf_identity.h"
#include "symbolize/kernel_paths.h"
#include "symbolize/live.h"

/* Where distributions install debug files. */
#define SYSTEM_DEBUG_DIR "/usr/lib/debug"

/* A file of mostly holes is made up: reading it would cost memory that its
 * size on disk does not tell. */
static bool is_hollow(const struct stat *st)
{
	const off_t small = 64 << 20;

	return st->st_size > small && st->st_blocks < st->st_size / 512 / 8;
}

/* root: NULL, or the folder that path counts from. */
static int open_file(const char *root, const char *path, struct stat *st,
		     struct err *err)
{
	int fd = root ? file_open_regular_in(root, path, st)
		      : file_open_regular(path, st);

	if (fd < 0 && errno == EINVAL) {
		err_set(err, "not a regular file");
	} else if (fd < 0) {
		err_set_errno(err, "cannot open");
	} else if (is_hollow(st)) {
		err_set(err, "a sparse file");
		close(fd);
		fd = -1;
	}
	return fd;
}

static int unpack_and_close(int packed, struct err *err)
{
	int fd = compressed_elf_open(packed, err);

	close(packed);
	return fd;
}

int find_named_file(const char *path, struct stat *st, struct err *err)
{
	int fd = open_file(NULL, path, st, err);

	if (fd >= 0 && compressed_elf_is_likely(fd))
		fd = unpack_and_close(fd, err);
	if (fd < 0)
		err_prefix(err, "%s", path);
	return fd;
}

void find_places_release(struct find_places *places)
{
	vec_release(&places->debug_dirs);
	free(places->buildid_dir);
	free(places->store);
}

void module_files_init(struct module_files *files)
{
	*files = (struct module_files){ 0 };
	for (int i = 0; i < N_FILE_ROLES; i++)
		files->fds[i] = -1;
}

void module_files_close(struct module_files *files)
{
	for (int i = 0; i < N_FILE_ROLES; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
	module_files_init(files);
}

uint32_t module_files_mask(const struct module_files *files)
{
	uint32_t mask = 0;

	for (int i = 0; i < N_FILE_ROLES; i++)
		if (files->fds[i] >= 0)
			mask |= 1u << i;
	return mask;
}

/* ---- one attempt ---- */

struct search {
	const struct find_places *places;
	const struct find_query *query;
	struct module_files *files;
	/* Why the best of the refused files was refused. */
	enum reason reason;
	struct err why;
	/* Of the file that leads to others, and the path it was found at. */
	struct elf_identity identity;
	char *path;
	char *root;	    /* that path counts from; NULL: this machine's */
	bool is_silent;	    /* refused files explain nothing */
	bool is_in_process; /* root is a running process's */
};

/* What must hold of a file beside its being ELF. */
struct proof {
	enum file_role role;
	struct build_id build_id; /* size 0: not known, */
	bool is_mapped;		  /* or it is known to be what is mapped, */
	bool is_deleted; /* or else was deleted, so that these must tell */
	uint64_t inode;	 /* so these tell, unless they are 0, */
	uint64_t size;
	uint32_t crc; /* or for debug files this */
	bool needs_code;
	bool needs_dwarf;
};

static void tell(const struct search *search, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void tell(const struct search *search, const char *format, ...)
{
	char text[2 * PATH_MAX];
	va_list arguments;

	if (!search->places->tell)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	search->places->tell(search->places->tell_context, search->query->path,
			     text);
}

/* Reasons in the order in which they help a user. */
static int helpfulness(enum reason reason)
{
	switch (reason) {
	case REASON_BUILD_ID_MISMATCH:
		return 2;
	case REASON_BAD_ELF:
		return 1;
	default:
		return 0;
	}
}

static bool refuse(struct search *search, enum reason reason,
		   const struct proof *proof, const char *path, const char *why)
{
	tell(search, "%s: %s", path, why);
	if (proof->role == FILE_OWN && !search->is_silent &&
	    (!search->why.text[0] ||
	     helpfulness(reason) > helpfulness(search->reason))) {
		search->reason = reason;
		err_set(&search->why, "%s: %s", path, why);
	}
	return false;
}

static bool refuse_id(struct search *search, const struct proof *proof,
		      const char *path, const struct build_id *found)
{
	char hex[2][BUILD_ID_HEX_MAX];
	struct err why;

	err_set(&why, "%s build id %s, the file has %s",
		proof->role == FILE_OWN ? "captured" : "wanted",
		build_id_hex(&proof->build_id, hex[0]),
		found->size ? build_id_hex(found, hex[1]) : "none");
	return refuse(search, REASON_BUILD_ID_MISMATCH, proof, path, why.text);
}

/* Of a file whose build id nobody has noted. A size was noted only of what had
 * no build id to note. */
static bool is_same_file(const struct proof *proof, const struct stat *st,
			 const struct elf_identity *identity)
{
	if (proof->inode != 0 && proof->inode != st->st_ino)
		return false;
	return proof->size == 0 || (proof->size == (uint64_t)st->st_size &&
				    identity->build_id.size == 0);
}

static bool is_proven(struct search *search, const struct proof *proof,
		      const char *path, int fd, const struct stat *st,
		      const struct elf_identity *identity)
{
	uint32_t crc;

	/* Units have numbers of their own to be told by. */
	if (proof->role == FILE_PACKAGE)
		return true;
	if (proof->build_id.size > 0)
		return build_id_equal(&identity->build_id, &proof->build_id) ||
		       refuse_id(search, proof, path, &identity->build_id);
	/*
	 * perf knows the build ids of those modules only that were sampled
	 * themselves, not of all that are in callchains. For the others the
	 * inode tells whether the file is still the one that was mapped.
	 */
	if (proof->role == FILE_OWN && proof->is_mapped)
		return true;
	if (proof->role == FILE_OWN && proof->is_deleted && proof->inode == 0)
		return refuse(search, REASON_FILE_MISSING, proof, path,
			      "the captured file was deleted, and the capture "
			      "has no build id to tell whether this is equal");
	if (proof->role == FILE_OWN)
		return is_same_file(proof, st, identity) ||
		       refuse(search, REASON_FILE_MISSING, proof, path,
			      "another file is in its place, and the capture "
			      "has no build id to tell whether it is equal");
	return (elf_identity_crc(fd, &crc) && crc == proof->crc) ||
	       refuse(search, REASON_FILE_MISSING, proof, path,
		      "its CRC is not the one of the debuglink");
}

static bool is_of_use(const struct elf_identity *identity, enum file_role role)
{
	/* Debug files keep the headers of the code, not the code. */
	return role == FILE_OWN || role == FILE_PACKAGE ||
	       identity->has_dwarf || identity->has_symbols;
}

static void take_file(struct search *search, enum file_role role, int fd,
		      const struct stat *st, const char *root, const char *path,
		      const struct elf_identity *identity)
{
	static const char *const names[N_FILE_ROLES] = {
		"the module", "its debug information",
		"its supplementary debug information",
		"its package of split units"
	};
	struct module_files *files = search->files;
	struct stat unpacked;

	tell(search, "%s%s: %s", root ? root : "", path, names[role]);
	files->fds[role] = fd;
	files->size += (uint64_t)(fstat(fd, &unpacked) == 0 ? unpacked.st_size
							    : st->st_size);
	files->has_dwarf |= role <= FILE_DEBUG && identity->has_dwarf;
	files->has_symbols |= identity->has_symbols;
	if (role == FILE_SUPPLEMENTARY || role == FILE_PACKAGE)
		return;
	if (role == FILE_OWN)
		files->own = *st;
	if (files->build_id.size == 0)
		files->build_id = identity->build_id;
	search->identity = *identity;
	free(search->path);
	search->path = mem_strdup(path);
	free(search->root);
	search->root = root ? mem_strdup(root) : NULL;
}

static int unpack_packed(const struct search *search, int packed,
			 struct err *why)
{
	if (!search->query->knows_own)
		return unpack_and_close(packed, why);
	close(packed);
	err_set(why, "compressed, and known already");
	return -1;
}

/* Takes the file at path, below root if that is not NULL, for a role, if it
 * is one that can be. */
static bool try_file(struct search *search, const char *root, const char *path,
		     const struct proof *proof)
{
	struct elf_identity identity;
	struct stat st;
	struct err why;
	int fd = open_file(root, path, &st, &why);

	if (fd < 0)
		return refuse(search, REASON_FILE_MISSING, proof, path,
			      why.text);
	if (search->query->may_be_compressed && compressed_elf_is_likely(fd)) {
		fd = unpack_packed(search, fd, &why);
		if (fd < 0)
			return refuse(search, REASON_BAD_ELF, proof, path,
				      why.text);
	}
	if (!elf_identity_read(fd, &identity))
		refuse(search, REASON_BAD_ELF, proof, path, "not an ELF file");
	else if (proof->needs_code && !identity.has_code)
		refuse(search, REASON_NO_SYMBOLS, proof, path, "has no code");
	else if (proof->needs_dwarf && !identity.has_dwarf)
		refuse(search, REASON_NO_SYMBOLS, proof, path,
		       "has no debug information");
	else if (!is_of_use(&identity, proof->role))
		refuse(search, REASON_NO_SYMBOLS, proof, path,
		       "has neither debug information nor symbols");
	else if (is_proven(search, proof, path, fd, &st, &identity)) {
		take_file(search, proof->role, fd, &st, root, path, &identity);
		return true;
	}
	close(fd);
	return false;
}

/* The file at a path that the one found leads to: in its root, then here. */
static bool try_format(struct search *search, const struct proof *proof,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool try_format(struct search *search, const struct proof *proof,
		       const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (length <= 0 || length >= PATH_MAX)
		return false;
	return (search->root && try_file(search, search->root, path, proof)) ||
	       try_file(search, NULL, path, proof);
}

/* ---- folders of build ids ---- */

/* DIR/.build-id/ab/cdef…SUFFIX, below root if that is not NULL. */
static bool try_build_id(struct search *search, const struct proof *proof,
			 const char *root, const char *folder,
			 const char *suffix)
{
	char hex[BUILD_ID_HEX_MAX], path[PATH_MAX];
	int length;

	if (!folder || proof->build_id.size < 2)
		return false;
	build_id_hex(&proof->build_id, hex);
	length = snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s%s", folder,
			  hex, hex + 2, suffix);
	return length < PATH_MAX && try_file(search, root, path, proof);
}

static bool try_debug_dirs(struct search *search, const struct proof *proof,
			   const char *suffix)
{
	const struct find_places *places = search->places;

	for (size_t i = 0; i < places->debug_dirs.n; i++)
		if (try_build_id(search, proof, NULL,
				 places->debug_dirs.items[i], suffix))
			return true;
	if (places->symfs && try_build_id(search, proof, places->symfs,
					  SYSTEM_DEBUG_DIR, suffix))
		return true;
	if (search->is_in_process &&
	    try_build_id(search, proof, search->root, SYSTEM_DEBUG_DIR, suffix))
		return true;
	return try_build_id(search, proof, NULL, SYSTEM_DEBUG_DIR, suffix) ||
	       try_build_id(search, proof, NULL, places->store, suffix);
}

/* perf before 4.12 links to the file itself, later ones to a folder. */
static bool try_perf_cache(struct search *search, const struct proof *proof)
{
	const char *folder = search->places->buildid_dir;

	if (proof->role == FILE_DEBUG)
		return try_build_id(search, proof, NULL, folder, "/debug");
	return try_build_id(search, proof, NULL, folder, "/elf") ||
	       try_build_id(search, proof, NULL, folder, "/vdso") ||
	       try_build_id(search, proof, NULL, folder, "");
}

/* ---- a kernel's files ---- */

static bool try_kernel_path(struct search *search, const struct proof *proof,
			    const struct kernel_path *place)
{
	const struct find_places *places = search->places;
	struct proof strict = *proof;
	char path[PATH_MAX];

	/* The module's own file may be tried once more. */
	strict.needs_dwarf = proof->role == FILE_DEBUG;
	if (!place->is_debug)
		return (places->symfs && try_file(search, places->symfs,
						  place->path, &strict)) ||
		       try_file(search, NULL, place->path, &strict);
	/* What lies there may be all but the code. */
	strict.needs_code = proof->role == FILE_OWN;
	for (size_t i = 0; i < places->debug_dirs.n; i++)
		if (try_format(search, &strict, "%s%s",
			       places->debug_dirs.items[i], place->path))
			return true;
	if (snprintf(path, sizeof(path), SYSTEM_DEBUG_DIR "%s", place->path) >=
	    PATH_MAX)
		return false;
	return (places->symfs &&
		try_file(search, places->symfs, path, &strict)) ||
	       try_file(search, NULL, path, &strict);
}

/* Where a module is that perf knows by its name alone; free() it. */
static char *path_of_module(const struct search *search, const char *root,
			    const char *release)
{
	const size_t max_size = (size_t)16 << 20;
	char name[KERNEL_MODULE_NAME_MAX], found[PATH_MAX];
	char *path = mem_printf("/lib/modules/%s/modules.dep", release);
	struct buf text = { 0 };
	struct stat st;
	struct err err;
	int fd = open_file(root, path, &st, &err);

	kernel_module_name(search->query->path, name);
	if (fd >= 0 && file_read_all(fd, path, max_size, &text, &err) &&
	    kernel_paths_find_module((const char *)text.bytes, text.size, name,
				     found, sizeof(found))) {
		free(path);
		path = *found == '/' ? mem_strdup(found)
				     : mem_printf("/lib/modules/%s/%s", release,
						  found);
	} else {
		free(path);
		path = NULL;
	}
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	return path;
}

static void list_kernel_paths(struct search *search, struct kernel_paths *paths)
{
	const struct find_query *query = search->query;
	const char *symfs = search->places->symfs;
	char release[64], *path = NULL;

	if (!kernel_paths_release_of(
		    query->path, query->release ? query->release : "", release))
		return;
	if (!query->is_module) {
		kernel_paths_add_vmlinux(paths, release);
		return;
	}
	if (*query->path == '/') {
		kernel_paths_add_module(paths, query->path);
		return;
	}
	if (symfs)
		path = path_of_module(search, symfs, release);
	if (!path)
		path = path_of_module(search, NULL, release);
	if (path)
		kernel_paths_add_module(paths, path);
	free(path);
}

/* Only what its build id proves is taken from there. */
static bool try_kernel_paths(struct search *search, const struct proof *proof)
{
	struct kernel_paths paths = { 0 };
	bool is_found = false;

	if (!search->query->is_kernel || proof->build_id.size == 0)
		return false;
	list_kernel_paths(search, &paths);
	for (size_t i = 0; !is_found && i < paths.items.n; i++)
		is_found =
			try_kernel_path(search, proof, &paths.items.items[i]);
	kernel_paths_release(&paths);
	return is_found;
}

/* ---- what running processes have mapped ---- */

/* The file behind a link of /proc/PID, as far as the kernel lets us follow. */
static bool try_link(struct search *search, const struct live_file *file,
		     const struct proof *proof, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static bool try_link(struct search *search, const struct live_file *file,
		     const struct proof *proof, const char *format, ...)
{
	struct proof mapped = *proof;
	char path[128];
	va_list arguments;
	struct stat st;
	int length =
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/", file->pid);

	va_start(arguments, format);
	vsnprintf(path + length, sizeof(path) - (size_t)length, format,
		  arguments);
	va_end(arguments);
	mapped.is_mapped = proof->inode != 0 && proof->inode == file->inode;
	return stat(path, &st) == 0 && st.st_ino == file->inode &&
	       try_file(search, NULL, path, &mapped);
}

/* Of a file in memory its process mostly has a descriptor. */
static bool try_descriptors(struct search *search, const struct live_file *file,
			    const struct proof *proof)
{
	const struct dirent *entry;
	bool is_found = false;
	char path[64];
	DIR *all;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd", file->pid);
	all = opendir(path);
	while (all && !is_found && (entry = readdir(all)))
		is_found = *entry->d_name != '.' &&
			   try_link(search, file, proof, "fd/%.20s",
				    entry->d_name);
	if (all)
		closedir(all);
	return is_found;
}

/*
 * By the captured name in the process's own root, where nothing can lead out
 * of; else what it has mapped, which the kernel gives whatever became of the
 * name, but not to everybody.
 */
static bool try_process(struct search *search, const struct live_file *file,
			const struct proof *proof)
{
	char *root = mem_printf("/proc/%" PRIu32 "/root", file->pid);

	search->is_in_process =
		(!file->is_deleted &&
		 try_file(search, root, search->query->path, proof)) ||
		try_link(search, file, proof, "map_files/%" PRIx64 "-%" PRIx64,
			 file->start, file->limit) ||
		try_link(search, file, proof, "exe") ||
		(text_starts_with(file->path, "/memfd:") &&
		 try_descriptors(search, file, proof));
	if (!search->is_in_process) {
		free(root);
		return false;
	}
	/* What belongs to it is looked for where the process has it. */
	free(search->root);
	search->root = root;
	free(search->path);
	search->path = mem_strdup(search->query->path);
	return true;
}

/* Says of a file that is missing why nobody has it either. */
static void explain_processes(struct search *search)
{
	struct err missing = search->why;

	if (search->reason == REASON_FILE_MISSING && missing.text[0] &&
	    live_is_usable(search->places->live))
		err_set(&search->why, "%s; %s", missing.text,
			live_has_hidden(search->places->live)
				? "no process that has it mapped runs, or only "
				  "root may look there"
				: "no process that has it mapped runs any "
				  "more");
}

static bool find_in_processes(struct search *search, const struct proof *proof)
{
	enum { MAX_FILES = 64 }; /* of one name */
	struct live *live = search->places->live;
	const struct live_file *files;
	bool is_found = false;
	size_t n;

	/* Without either a file of that name is any. */
	if (!live || search->query->is_kernel ||
	    (proof->build_id.size == 0 && proof->inode == 0))
		return false;
	files = live_files(live, search->query->path, &n);
	search->is_silent = true;
	for (size_t i = 0; i < n && i < MAX_FILES && !is_found; i++)
		is_found = try_process(search, &files[i], proof);
	search->is_silent = false;
	if (n == 0)
		explain_processes(search);
	return is_found;
}

/* ---- the module's own file ---- */

static bool find_own(struct search *search)
{
	const struct find_query *query = search->query;
	struct proof proof = {
		.role = FILE_OWN,
		.build_id = query->build_id,
		.is_deleted = query->is_deleted,
		.inode = query->inode,
		.size = query->size,
	};
	/* A relative name would mean whatever is in the folder at hand. */
	bool is_absolute = *query->path == '/';

	if (is_absolute && search->places->symfs) {
		struct proof elsewhere = proof;

		/* Copies have inodes of their own. */
		if (!query->is_replaced)
			elsewhere.inode = 0;
		if (try_file(search, search->places->symfs, query->path,
			     &elsewhere))
			return true;
	}
	if (is_absolute && try_file(search, NULL, query->path, &proof))
		return true;
	return try_perf_cache(search, &proof) ||
	       try_debug_dirs(search, &proof, "") ||
	       try_kernel_paths(search, &proof) ||
	       find_in_processes(search, &proof);
}

/* ---- its debug information ---- */

/* The folder of a path, "" for that of a name alone. */
static char *folder_of(const char *path)
{
	const char *end = strrchr(path, '/');

	return mem_printf("%.*s", end ? (int)(end - path) : 0, path);
}

/* .gnu_debuglink, in the places where GDB looks ("Separate Debug Files" in its
 * manual) relative to a folder that the module's file lies in. */
static bool try_debuglink(struct search *search, const struct proof *proof,
			  const char *folder, const char *name)
{
	const struct find_places *places = search->places;

	if (try_format(search, proof, "%s/%s", folder, name) ||
	    try_format(search, proof, "%s/.debug/%s", folder, name))
		return true;
	for (size_t i = 0; i < places->debug_dirs.n; i++)
		if (try_format(search, proof, "%s%s/%s",
			       places->debug_dirs.items[i], folder, name))
			return true;
	return try_format(search, proof, SYSTEM_DEBUG_DIR "%s/%s", folder,
			  name);
}

/* Both the folder as it was captured and what its links lead to: /lib is
 * /usr/lib on many systems, and debug files lie below either. */
static bool find_by_debuglink(struct search *search, const struct proof *proof)
{
	char name[sizeof(search->identity.debuglink)];
	char *folder, *real = NULL;
	bool is_found;

	memcpy(name, search->identity.debuglink, sizeof(name));
	if (!*name || !search->path || *search->path != '/')
		return false;
	folder = folder_of(search->path);
	is_found = try_debuglink(search, proof, folder, name);
	if (!is_found)
		real = realpath(*folder ? folder : "/", NULL);
	if (real && strcmp(real, folder) != 0)
		is_found = try_debuglink(search, proof, real, name);
	free(folder);
	free(real);
	return is_found;
}

static void find_debug(struct search *search)
{
	struct proof proof = {
		.role = FILE_DEBUG,
		.build_id = search->files->build_id,
		.crc = search->identity.debuglink_crc,
	};

	if (search->files->has_dwarf)
		return;
	if (!try_debug_dirs(search, &proof, ".debug") &&
	    !try_perf_cache(search, &proof) &&
	    !try_kernel_paths(search, &proof))
		find_by_debuglink(search, &proof);
}

static void find_supplementary(struct search *search)
{
	struct proof proof = {
		.role = FILE_SUPPLEMENTARY,
		.build_id = search->identity.altlink_id,
	};
	const char *link = search->identity.altlink;
	char *folder;

	if (!*link || try_debug_dirs(search, &proof, ".debug"))
		return;
	folder = folder_of(search->path ? search->path : "");
	if (*link == '/')
		try_format(search, &proof, "%s", link);
	else if (*folder)
		try_format(search, &proof, "%s/%s", folder, link);
	free(folder);
}

/* ---- split units ---- */

static void find_package(struct search *search)
{
	struct proof proof = { .role = FILE_PACKAGE };
	const char *path = search->query->path, *base;

	if (!search->files->has_dwarf)
		return;
	if (search->path && *search->path == '/' &&
	    try_format(search, &proof, "%s.dwp", search->path))
		return;
	if (*path == '/' &&
	    (!search->path || strcmp(path, search->path) != 0) &&
	    try_format(search, &proof, "%s.dwp", path))
		return;
	base = strrchr(path, '/');
	for (size_t i = 0; i < search->places->debug_dirs.n; i++)
		if (try_format(search, &proof, "%s/%s.dwp",
			       search->places->debug_dirs.items[i],
			       base ? base + 1 : path))
			return;
}

/* A reader asks, whom nobody trusts: it gets object files alone. */
static bool is_split_name(const char *name)
{
	static const char *const suffixes[] = { ".dwo", ".o", ".lo", ".obj" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t length = strlen(name), suffix = strlen(suffixes[i]);

		if (length > suffix &&
		    strcmp(name + length - suffix, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static int open_split(struct search *search, const char *root, const char *path)
{
	struct elf_identity identity;
	struct stat st;
	struct err why;
	int fd = open_file(root, path, &st, &why);

	if (fd < 0)
		return -1;
	if (!elf_identity_read(fd, &identity)) {
		tell(search, "%s: not an ELF file", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* The n-th of the places where a file with the rest of a unit may be; free()
 * it. NULL: there are no more. */
static char *split_place(const struct find_places *places, const char *module,
			 const struct split_name *name, size_t n)
{
	const char *base = strrchr(name->name, '/');
	char *folder, *path;
	size_t dir;

	base = base ? base + 1 : name->name;
	if (n == 0)
		return mem_strdup(name->path);
	if (n <= 2) {
		folder = folder_of(module);
		path = mem_printf("%s/%s", folder, n == 1 ? name->name : base);
		free(folder);
		return path;
	}
	dir = (n - 3) / 2;
	if (dir >= places->debug_dirs.n)
		return NULL;
	return mem_printf("%s/%s", places->debug_dirs.items[dir],
			  n % 2 ? name->name : base);
}

int find_split_file(const struct find_places *places, const char *module,
		    const struct split_name *name, size_t attempt)
{
	struct find_query query = { .path = module };
	struct search search = { .places = places, .query = &query };
	bool is_first = attempt == 0;
	char *path;

	for (size_t n = 0; (path = split_place(places, module, name, n)); n++) {
		/* In the root of the captured machine, and here. */
		for (int own = !places->symfs || n > 2; own < 2; own++) {
			int fd =
				(*path == '/' || n > 2) && is_split_name(path)
					? open_split(&search,
						     own ? NULL : places->symfs,
						     path)
					: -1;

			if (fd < 0 || attempt-- > 0) {
				if (fd >= 0)
					close(fd);
				continue;
			}
			tell(&search, "%s: a split unit", path);
			free(path);
			return fd;
		}
		free(path);
	}
	if (is_first)
		tell(&search,
		     "%s: not found, nor beside the file or in a "
		     "--debug-dir",
		     name->path);
	return -1;
}

/* ---- all of them ---- */

bool find_module_files(const struct find_places *places,
		       const struct find_query *query,
		       struct module_files *files, enum reason *reason,
		       struct err *why)
{
	struct search search = {
		.places = places,
		.query = query,
		.files = files,
		.reason = REASON_FILE_MISSING,
	};

	module_files_init(files);
	files->build_id = query->build_id;
	find_own(&search);
	find_debug(&search);
	find_supplementary(&search);
	find_package(&search);
	free(search.path);
	free(search.root);
	*reason = search.reason;
	*why = search.why;
	if (query->is_replaced && *reason == REASON_FILE_MISSING) {
		*reason = REASON_REPLACED;
		err_set(why, "the build id in the capture is of another file, "
			     "which lay there when recording ended");
	}
	if (!why->text[0])
		err_set(why, "not the name of a file");
	return files->fds[FILE_OWN] >= 0 || files->fds[FILE_DEBUG] >= 0;
}

void find_debug_of(const struct find_places *places,
		   const struct find_query *query, int fd,
		   struct module_files *files)
{
	struct search search = {
		.places = places,
		.query = query,
		.files = files,
	};
	struct elf_identity identity;
	struct stat st = { 0 };

	module_files_init(files);
	if (fstat(fd, &st) != 0 || !elf_identity_read(fd, &identity))
		identity = (struct elf_identity){ 0 };
	take_file(&search, FILE_OWN, fd, &st, NULL, query->path, &identity);
	find_debug(&search);
	find_supplementary(&search);
	find_package(&search);
	free(search.path);
	free(search.root);
}
