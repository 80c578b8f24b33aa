/* Loaded into the program under test (LD_PRELOAD): counts the steps by which something becomes durable or leaves the machine,
 * and at a chosen step kills the process, as a power switch would. It can also make the disk full, read-only or slow.
 *
 * A step is: the first write to a file after it was opened or flushed (before it, nothing of a commit is there), fsync and fdatasync,
 * rename, link, unlink, mkdir, ftruncate, and each piece sent to the SMTP server's port. The process dies *before* the step's call, so
 * that dying before step N+1 is dying after step N. Only the program itself counts, not the workers that it starts.
 *
 * One shared page of numbers is both the order and the report; a test may change the trouble while the program runs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { FIRST_WRITE, FLUSH, RENAME, LINK, UNLINK, MKDIR, TRUNCATE, SEND, N_KINDS };

struct page {
    atomic_uint n_steps;
    atomic_uint kill_at;        /* 0: never */
    atomic_uint smtp_port;
    atomic_uint fault_errno;    /* every change inside the folder fails with this; 0: none */
    atomic_uint flush_delay_ms;
    atomic_uint n_faults;
    atomic_uint by_kind[N_KINDS];
    atomic_uint fault_from;     /* the trouble begins when so many steps were made */
};

static struct page *page;
static const char *folder;
static size_t folder_length;
#define FDS 4096
static _Atomic unsigned char written[FDS];

static int is_worker(void) {
    char arguments[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 1;
    ssize_t length = read(fd, arguments, sizeof arguments - 1);
    close(fd);
    for (ssize_t i = 0; i < length; i++)
        if (arguments[i] == 0) arguments[i] = ' ';
    arguments[length < 0 ? 0 : length] = 0;
    return strstr(arguments, "sandbox-worker") != NULL;
}

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("STEPS_PAGE");
    folder = getenv("STEPS_FOLDER");
    if (file == NULL || folder == NULL || is_worker()) return;
    folder_length = strlen(folder);
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) abort();
    void *mapped = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    page = mapped;
}

static void step(enum kind kind) {
    if (page == NULL) return;
    unsigned number = atomic_fetch_add(&page->n_steps, 1) + 1;
    if (number == page->kill_at) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    atomic_fetch_add(&page->by_kind[kind], 1);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (real == NULL) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int inside_path(const char *path) {
    /* Relative names do not come from the program: its folders are absolute. */
    return page != NULL && strncmp(path, folder, folder_length) == 0;
}

static int inside(int fd) {
    if (page == NULL) return 0;
    struct stat status;
    if (fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return inside_path(path);
}

static int in_trouble(void) {
    return page != NULL && page->fault_errno != 0 && page->n_steps >= page->fault_from;
}

static int fault_of(int matters) {
    if (!matters || !in_trouble()) return 0;
    atomic_fetch_add(&page->n_faults, 1);
    errno = (int)page->fault_errno;
    return 1;
}
#define FAULT(matters) (in_trouble() && fault_of(matters))

static void before_write(int fd) {
    if (page == NULL || fd < 0 || fd >= FDS || written[fd] || !inside(fd)) return;
    written[fd] = 1;
    step(FIRST_WRITE);
}

static int before_flush(int fd) {
    if (page == NULL || !inside(fd)) return 0;
    if (fd >= 0 && fd < FDS) written[fd] = 0;
    step(FLUSH);
    if (page->flush_delay_ms) {
        struct timespec delay = {page->flush_delay_ms / 1000, (long)(page->flush_delay_ms % 1000) * 1000000};
        nanosleep(&delay, NULL);
    }
    return FAULT(1);
}

static void before_send(int fd) {
    if (page == NULL || page->smtp_port == 0) return;
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET && ntohs(peer.sin_port) == page->smtp_port)
        step(SEND);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    return before_flush(fd) ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    return before_flush(fd) ? -1 : real(fd);
}
int syncfs(int fd) {
    REAL(int, "syncfs", int);
    return before_flush(fd) ? -1 : real(fd);
}
ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    before_write(fd);
    return FAULT(inside(fd)) ? -1 : real(fd, bytes, length);
}
ssize_t writev(int fd, const struct iovec *pieces, int n) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    before_write(fd);
    before_send(fd);
    return FAULT(inside(fd)) ? -1 : real(fd, pieces, n);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    before_write(fd);
    return FAULT(inside(fd)) ? -1 : real(fd, bytes, length, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}
int close(int fd) {
    REAL(int, "close", int);
    if (fd >= 0 && fd < FDS) written[fd] = 0;
    return real(fd);
}
int ftruncate64(int fd, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    if (inside(fd)) step(TRUNCATE);
    return FAULT(inside(fd)) ? -1 : real(fd, length);
}
int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    if (page != NULL && inside_path(to)) step(RENAME);
    return FAULT(inside_path(to) && page->fault_errno == EROFS) ? -1 : real(from, to);
}
int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *);
    if (page != NULL && inside_path(to)) step(LINK);
    return FAULT(inside_path(to)) ? -1 : real(from, to);
}
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    if (page != NULL && inside_path(path)) step(UNLINK);
    return FAULT(inside_path(path) && page->fault_errno == EROFS) ? -1 : real(path);
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    if (page != NULL && inside_path(path) && access(path, F_OK) != 0) step(MKDIR);
    return FAULT(inside_path(path)) ? -1 : real(path, mode);
}
static int refuses_open(const char *path, int flags) {
    if (!in_trouble() || !inside_path(path)) return 0;
    int makes = (flags & O_CREAT) && access(path, F_OK) != 0;
    int changes = page->fault_errno == EROFS && (flags & O_ACCMODE) != O_RDONLY;
    return (makes || changes) && fault_of(1);
}
int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return refuses_open(path, flags) ? -1 : real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, ...);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return refuses_open(path, flags) ? -1 : real(path, flags, mode);
}
ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    REAL(ssize_t, "send", int, const void *, size_t, int);
    before_send(fd);
    return real(fd, bytes, length, flags);
}
ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to, socklen_t to_length) {
    REAL(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    before_send(fd);
    return real(fd, bytes, length, flags, to, to_length);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    before_send(fd);
    return real(fd, message, flags);
}
