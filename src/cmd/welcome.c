#include "cmd/welcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EXAMPLE_BYTES_MAX = 512 };

/* A text that may stand as it is between the quotes of JSON and of a shell. */
static bool is_plain(vt_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("'\"\\!$`", text.ptr[i]) != NULL) {
            return false;
        }
    }
    return text.len > 0;
}

/* The members of a vote that this contest takes. */
static void write_example(const vt_contest *contest, char out[EXAMPLE_BYTES_MAX]) {
    vt_slice name = VT_SLICE("Viernes Verde");
    vt_slice album = VT_SLICE("Remedios");
    if (contest->bands_count > 0 && is_plain(contest->bands[0].name)) {
        const vt_band *band = &contest->bands[0];
        name = band->name;
        album = band->albums_count > 0 && is_plain(band->albums[0]) ? band->albums[0] : VT_SLICE("");
    }
    snprintf(out, EXAMPLE_BYTES_MAX, "\"name\":\"%.*s\",\"album\":\"%.*s\",\"year\":\"2001\",\"rank\":\"1\"%s",
             (int) name.len, name.ptr, (int) album.len, album.ptr,
             contest->limit_by == VT_LIMIT_CODE ? ",\"voter_code\":\"CODE\"" : "");
}

void vt_welcome_print(const vt_contest *contest, const char *data, const char *address, const char *admin) {
    char example[EXAMPLE_BYTES_MAX];
    write_example(contest, example);
    printf("votaton %s is ready.\n\n"
           "  results   http://%s/\n"
           "  log       http://%s/log\n"
           "  metrics   http://%s/metrics\n\n"
           "Try, in another terminal:\n",
           VT_VERSION, address, address, admin);
    if (contest->limit_by == VT_LIMIT_CODE) {
        printf("  %s codes --data '%s' --count 1     # makes a CODE\n", program_invocation_name, data);
    }
    printf("  curl -d '{%s}' http://%s/v1/votes\n"
           "  grpcurl -plaintext -d '{%s}' %s votaton.v1.VoteService/Cast\n",
           example, address, example, address);
    if (contest->takes_unknown_bands && contest->limit_by == VT_LIMIT_NONE) {
        printf("  %s send examples/votes.json --to grpc://%s\n", program_invocation_name, address);
    }
    printf("\nCtrl-C stops it.\n");
    fflush(stdout);
}
