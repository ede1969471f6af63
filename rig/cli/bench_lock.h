/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One program at a time on a bench that has real or served instruments: a lock on a file of the bench's state folder (paths_state), which the kernel
 * releases when its holder dies, however it dies. The file says who holds it. The instruments are
 * claimed beside it (hardware_claim.h), so that another user, another state folder or another bench file with the same instruments is refused too. Virtual benches are as many as are opened, and recordings are only read:
 * they have no lock.
 */
#include "bench_setup.h"
#include "error.h"

struct bench_lock;

/*
 * Takes the lock of the bench for a program ("tmsrig run"). NULL with *error when another holds it (ERROR_BENCH; the text says who, since when, and for
 * which evidence), or when there is no place for it. A bench without instruments gets a lock that locks nothing.
 */
struct bench_lock *bench_lock_take(const struct bench_setup *setup, const char *program, struct error *error) must_check;
/* Writes down where the evidence goes, for who asks. NULL: it is not written anywhere. */
void bench_lock_tell(struct bench_lock *lock, const char *evidence);
/* Gives it back; NULL is accepted. */
void bench_lock_release(struct bench_lock *lock);

define_cleanup(struct bench_lock *, cleanup_bench_lock, bench_lock_release);
#define auto_bench_lock cleanup_with(cleanup_bench_lock)
