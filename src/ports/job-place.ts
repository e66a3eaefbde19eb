/**
 * Where blocks are hashed, compressed, encrypted and copied: on threads of its own or, where there are so
 * few that starting a thread would take longer, on the caller's, on which nothing else goes on meanwhile.
 */
export type JobPlace = 'threads' | 'caller';
