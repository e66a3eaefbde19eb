/**
 * Where blocks are hashed, compressed, encrypted and copied: on threads of its own or, where there are so
 * few that starting a thread would take longer, on the caller's, on which nothing else goes on meanwhile.
 *
 * Nothing in this package chooses `caller`: threads are the default everywhere. It is for a host that may
 * start no threads, or that reads disks of a few MiB very often, as tests do; such a host can neither be
 * answered nor cancel anything until the blocks at hand are done.
 */
export type JobPlace = 'threads' | 'caller';
