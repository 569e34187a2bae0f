// Tells the thread sanitizer when a thread waits for a Mutex of Swift's, or wakes those who do.
//
// An uncontended Mutex is locked by atomics in our own code, which the sanitizer sees. What a contended one does is in Swift's
// library, which is not built for it: without this it takes what happens in turn for a race. LD_PRELOAD puts these functions
// in front of that library's own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// The sanitizer's, in a program that is built with it.
__attribute__((weak)) void __tsan_acquire(void *mutex);
__attribute__((weak)) void __tsan_release(void *mutex);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex
#define HANDLE "$s15Synchronization12_MutexHandleV"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(HANDLE "9_lockSlowyys6UInt32VF");
SWIFT bool try_lock_slow(SELF) __asm__(HANDLE "12_tryLockSlowSbyF");
SWIFT void unlock_slow(SELF) __asm__(HANDLE "11_unlockSlowyyF");

SWIFT void lock_slow(uint32_t thread, SELF) {
    typedef SWIFT void function(uint32_t, SELF);
    ((function *)dlsym(RTLD_NEXT, HANDLE "9_lockSlowyys6UInt32VF"))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF) {
    typedef SWIFT bool function(SELF);
    bool is_locked = ((function *)dlsym(RTLD_NEXT, HANDLE "12_tryLockSlowSbyF"))(mutex);
    if (is_locked && __tsan_acquire) __tsan_acquire(mutex);
    return is_locked;
}

SWIFT void unlock_slow(SELF) {
    typedef SWIFT void function(SELF);
    if (__tsan_release) __tsan_release(mutex);
    ((function *)dlsym(RTLD_NEXT, HANDLE "11_unlockSlowyyF"))(mutex);
}
