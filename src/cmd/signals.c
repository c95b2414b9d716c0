#include "cmd/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static sigset_t ending_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

vt_err vt_signals_hold(void) {
    sigset_t set = ending_signals();
    signal(SIGPIPE, SIG_IGN);
    return pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 ? VT_OK : VT_ERR_SYSTEM;
}

int vt_signals_wait(void) {
    sigset_t set = ending_signals();
    int number = SIGTERM;
    sigwait(&set, &number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* whoever asks twice does not want to wait for the orderly end */
    return number;
}

void vt_signals_raise(void) {
    kill(getpid(), SIGTERM);
}
