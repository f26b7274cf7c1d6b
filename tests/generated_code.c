/*
 * A compiler that generates one function without a frame pointer (x86-64),
 * writes a jitdump about it into the current directory, and calls it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* push %rbp; mov $1,%ebp; mov $200000000,%eax; 0: dec %eax; jnz 0b; pop %rbp;
 * ret */
static const unsigned char code[] = {
	0x55, 0xbd, 1,	  0,	0,    0,    0xb8, 0x00, 0xc2,
	0xeb, 0x0b, 0xff, 0xc8, 0x75, 0xfc, 0x5d, 0xc3,
};

/* The function's address is filled in: relative to the section, which counts
 * as 24 bytes behind its start. */
static const unsigned char eh_frame[] = {
	/* CIE: the CFA is rsp + 8, the return address right below it. */
	20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7,
	8, 0x90, 1, 0, 0,
	/* FDE: after 1 byte rsp + 16, rbp below; after 15 more as before. */
	28, 0, 0, 0, 28, 0, 0, 0, 0xc8, 0xff, 0xff, 0xff, sizeof(code), 0, 0, 0,
	0, 0x41, 0x0e, 16, 0x86, 2, 0x4f, 0x0e, 8, 0xc6, 0, 0, 0, 0, 0, 0,
	/* The end of the section, and an index without entries. */
	0, 0, 0, 0, 1, 0xff, 0xff, 0xff
};

static FILE *dump;

static void put(uint64_t value, size_t size)
{
	fwrite(&value, size, 1, dump);
}

static void put_head(uint32_t kind, size_t size)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	put(kind, 4);
	put(16 + size, 4);
	put((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, 8);
}

static void put_unwinding(void)
{
	put_head(4, 24 + sizeof(eh_frame));
	put(sizeof(eh_frame), 8);
	put(4, 8); /* of the index */
	put(sizeof(eh_frame), 8);
	fwrite(eh_frame, sizeof(eh_frame), 1, dump);
}

static void put_load(const void *address)
{
	static const char name[] = "generated";

	put_head(0, 40 + sizeof(name) + sizeof(code));
	put((uint64_t)getpid(), 4);
	put((uint64_t)getpid(), 4);
	put((uintptr_t)address, 8);
	put((uintptr_t)address, 8);
	put(sizeof(code), 8);
	put(1, 8);
	fwrite(name, sizeof(name), 1, dump);
	fwrite(code, sizeof(code), 1, dump);
}

static void open_dump(void)
{
	char path[64];

	snprintf(path, sizeof(path), "jit-%d.dump", (int)getpid());
	dump = fopen(path, "w+");
	if (!dump)
		exit(EXIT_FAILURE);
	put(0x4a695444, 4);
	put(1, 4);
	put(40, 4);
	put(62, 4);
	put(0, 4);
	put((uint64_t)getpid(), 4);
	put(0, 8);
	put(0, 8);
	fflush(dump);
	/* The mark in the capture. */
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(dump), 0);
}

__attribute__((noinline)) int call_generated(int (*function)(void))
{
	return function() + 1;
}

int main(int argc, char **argv)
{
	void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*function)(void);

	(void)argv;
	if (place == MAP_FAILED)
		return EXIT_FAILURE;
	memcpy(place, code, sizeof(code));
	memcpy(&function, &place, sizeof(function));
	open_dump();
	if (argc == 1)
		put_unwinding();
	put_load(place);
	fclose(dump);
	return call_generated(function) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
