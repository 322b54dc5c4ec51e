#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

/// `memfd_create`, which Swift's Glibc does not show, with `MFD_CLOEXEC`.
static inline int memory_file_create(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1u);
}
#endif
