/*
 * Numbers of the perf.data format and of the kernel's perf records.
 *
 * Sources: include/uapi/linux/perf_event.h for records below 64, attributes
 * and callchain contexts; tools/perf/Documentation/perf.data-file-format.txt,
 * tools/lib/perf/include/perf/event.h and tools/perf/util/header.h for the
 * rest. Own names, as the system's header may be older than a capture.
 */
#ifndef CONV_PERF_ABI_H
#define CONV_PERF_ABI_H

#include <stdint.h>

/* The first bytes of a capture, as written by a little and a big endian. */
#define PERF_MAGIC_LITTLE "PERFILE2"
#define PERF_MAGIC_BIG	  "2ELIFREP"

enum record_type {
	/* Written by the kernel; a sample_id trailer may end them. */
	RECORD_MMAP = 1,
	RECORD_LOST = 2,
	RECORD_COMM = 3,
	RECORD_EXIT = 4,
	RECORD_THROTTLE = 5,
	RECORD_UNTHROTTLE = 6,
	RECORD_FORK = 7,
	RECORD_READ = 8,
	RECORD_SAMPLE = 9,
	RECORD_MMAP2 = 10,
	RECORD_LOST_SAMPLES = 13,
	RECORD_NAMESPACES = 16,
	RECORD_KSYMBOL = 17,
	RECORD_BPF_EVENT = 18,
	RECORD_CGROUP = 19,
	RECORD_CALLCHAIN_DEFERRED = 22,
	RECORD_KERNEL_LIMIT = 23, /* the first one we do not know */

	/* Written by perf itself, without a trailer. */
	RECORD_HEADER_ATTR = 64,
	RECORD_HEADER_EVENT_TYPE = 65,
	RECORD_HEADER_TRACING_DATA = 66,
	RECORD_HEADER_BUILD_ID = 67,
	RECORD_FINISHED_ROUND = 68,
	RECORD_ID_INDEX = 69,
	RECORD_AUXTRACE_INFO = 70,
	RECORD_AUXTRACE = 71,
	RECORD_EVENT_UPDATE = 78,
	RECORD_HEADER_FEATURE = 80,
	RECORD_COMPRESSED = 81,
	RECORD_COMPRESSED2 = 83,
	RECORD_USER_LIMIT = 85,
};

enum { RECORD_HEADER_SIZE = 8, RECORD_MAX_SIZE = 65535 };

/* The misc field of a record's header. */
enum {
	MISC_CPUMODE_MASK = 7,
	MISC_KERNEL = 1,
	MISC_USER = 2,
	MISC_HYPERVISOR = 3,
	MISC_GUEST_KERNEL = 4,
	MISC_GUEST_USER = 5,
	MISC_COMM_EXEC = 1 << 13,
	MISC_FORK_EXEC = 1 << 13, /* made up by perf for a running process */
	MISC_MMAP_DATA = 1 << 13,
	MISC_MMAP_BUILD_ID = 1 << 14,
	MISC_BUILD_ID_SIZE = 1 << 15,
	MISC_LOST_SAMPLES_BPF = 1 << 15,
};

/* What a sample holds (attr.sample_type), in the order of the fields but for
 * SAMPLE_IDENTIFIER, which comes first. */
#define SAMPLE_IP	      (UINT64_C(1) << 0)
#define SAMPLE_TID	      (UINT64_C(1) << 1)
#define SAMPLE_TIME	      (UINT64_C(1) << 2)
#define SAMPLE_ADDR	      (UINT64_C(1) << 3)
#define SAMPLE_READ	      (UINT64_C(1) << 4)
#define SAMPLE_CALLCHAIN      (UINT64_C(1) << 5)
#define SAMPLE_ID	      (UINT64_C(1) << 6)
#define SAMPLE_CPU	      (UINT64_C(1) << 7)
#define SAMPLE_PERIOD	      (UINT64_C(1) << 8)
#define SAMPLE_STREAM_ID      (UINT64_C(1) << 9)
#define SAMPLE_RAW	      (UINT64_C(1) << 10)
#define SAMPLE_BRANCH_STACK   (UINT64_C(1) << 11)
#define SAMPLE_REGS_USER      (UINT64_C(1) << 12)
#define SAMPLE_STACK_USER     (UINT64_C(1) << 13)
#define SAMPLE_WEIGHT	      (UINT64_C(1) << 14)
#define SAMPLE_DATA_SRC	      (UINT64_C(1) << 15)
#define SAMPLE_IDENTIFIER     (UINT64_C(1) << 16)
#define SAMPLE_TRANSACTION    (UINT64_C(1) << 17)
#define SAMPLE_REGS_INTR      (UINT64_C(1) << 18)
#define SAMPLE_PHYS_ADDR      (UINT64_C(1) << 19)
#define SAMPLE_AUX	      (UINT64_C(1) << 20)
#define SAMPLE_CGROUP	      (UINT64_C(1) << 21)
#define SAMPLE_DATA_PAGE_SIZE (UINT64_C(1) << 22)
#define SAMPLE_CODE_PAGE_SIZE (UINT64_C(1) << 23)
#define SAMPLE_WEIGHT_STRUCT  (UINT64_C(1) << 24)

/* attr.read_format */
enum {
	FORMAT_TOTAL_TIME_ENABLED = 1 << 0,
	FORMAT_TOTAL_TIME_RUNNING = 1 << 1,
	FORMAT_ID = 1 << 2,
	FORMAT_GROUP = 1 << 3,
	FORMAT_LOST = 1 << 4,
};

/* attr.branch_sample_type */
#define BRANCH_CALL_STACK (UINT64_C(1) << 11)
#define BRANCH_HW_INDEX	  (UINT64_C(1) << 17)
#define BRANCH_COUNTERS	  (UINT64_C(1) << 19)

/* Bits of attr.flags. */
#define ATTR_FREQ	   (UINT64_C(1) << 10)
#define ATTR_PRECISE_IP	   (UINT64_C(3) << 15)
#define ATTR_SAMPLE_ID_ALL (UINT64_C(1) << 18)
#define ATTR_USE_CLOCKID   (UINT64_C(1) << 25)

/* attr.type and attr.config of the events whose unit we know. */
enum {
	TYPE_HARDWARE = 0,
	TYPE_SOFTWARE = 1,
	TYPE_TRACEPOINT = 2,
	TYPE_HW_CACHE = 3,
	TYPE_RAW = 4,
	TYPE_BREAKPOINT = 5,
};
/* TYPE_HARDWARE and TYPE_HW_CACHE: of which kind of core, where there are
 * several (PERF_PMU_TYPE_SHIFT); 0: it does not say. */
enum { CONFIG_PMU_SHIFT = 32 };
enum {
	SOFTWARE_CPU_CLOCK = 0,
	SOFTWARE_TASK_CLOCK = 1,
	SOFTWARE_DUMMY = 9,
	SOFTWARE_BPF_OUTPUT = 10
};

/* What perf record --off-cpu calls its event, and the time of the samples that
 * it makes up at the end (tools/perf/util/off_cpu.h). */
#define OFF_CPU_EVENT "offcpu-time"
#define OFF_CPU_TIME  (UINT64_MAX << 32)

/* Entries of a callchain that say whose the next addresses are. */
#define CONTEXT_HV	      ((uint64_t)-32)
#define CONTEXT_KERNEL	      ((uint64_t)-128)
#define CONTEXT_USER	      ((uint64_t)-512)
#define CONTEXT_USER_DEFERRED ((uint64_t)-640)
#define CONTEXT_GUEST	      ((uint64_t)-2048)
#define CONTEXT_GUEST_KERNEL  ((uint64_t)-2176)
#define CONTEXT_GUEST_USER    ((uint64_t)-2560)
#define CONTEXT_MAX	      ((uint64_t)-4095)
/* Ours, which no kernel writes: here the copy of the stack ended. */
#define CONTEXT_TRUNCATED ((uint64_t)-4000)

/* Bits of the header's feature bitmap, whose sections follow the data. */
enum feature {
	FEATURE_BUILD_ID = 2,
	FEATURE_HOSTNAME = 3,
	FEATURE_OSRELEASE = 4,
	FEATURE_VERSION = 5,
	FEATURE_ARCH = 6,
	FEATURE_CMDLINE = 11,
	FEATURE_EVENT_DESC = 12,
	FEATURE_PMU_MAPPINGS = 16,
	FEATURE_CLOCK_DATA = 29,
	FEATURE_HYBRID_TOPOLOGY = 30,
	FEATURE_BITS = 256,
};

/* RECORD_EVENT_UPDATE: what is updated. */
enum { EVENT_UPDATE_NAME = 2 };

/* Sizes of perf_event_attr: the first version's, and where fields begin. */
enum {
	ATTR_SIZE_VER0 = 64,
	ATTR_MAX_SIZE = 4096,
};

#endif
