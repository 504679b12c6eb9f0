/* Reads a file through the C interface in chunks of the size given and prints what it is told. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sentinel_parsers.h"

/* What the callback is given beside the event. */
struct reading {
    sentinel_parser *parser;
    uint64_t results[9];
    int meddle; /* whether the callback uses its own parser */
};

static void tell(const char *key, sentinel_text text) {
    if (text.data != NULL) {
        printf(" %s='%.*s'", key, (int)text.length, text.data);
    }
}

static void on_event(void *user, const sentinel_event *event) {
    struct reading *reading = user;
    static const char *const words[] = {"tests",   "passed", "failed", "errored",
                                        "skipped", "xfail",  "xpass",  "todo"};
    if (event->size != sizeof *event) {
        printf("the library's event has %" PRIu32 " bytes, not %zu\n", event->size, sizeof *event);
        exit(1);
    }
    printf("%" PRIu64 "@%" PRIu64 ".%" PRIu32 " %s", event->line, event->offset, event->sub,
           sentinel_kind_name(event->kind));
    tell("dialect", event->dialect);
    tell("suite", event->suite);
    tell("name", event->name);
    if (event->status >= 0) {
        printf(" status=%s", sentinel_status_name(event->status));
    }
    if (!isnan(event->duration_s)) {
        printf(" duration=%.3f", event->duration_s);
    }
    if (event->attempt > 0) {
        printf(" attempt=%" PRIu32, event->attempt);
    }
    tell("message", event->message);
    tell("location", event->location);
    tell("tags", event->tags);
    if (event->flags != 0) {
        printf(" flags=%" PRIu32, event->flags);
    }
    if (event->planned != UINT64_MAX) {
        printf(" planned=%" PRIu64, event->planned);
    }
    for (int i = 0; i < 9; i++) {
        if (event->counts[i] > 0) {
            printf(" %s=%" PRIu64, sentinel_status_name(i), event->counts[i]);
        }
    }
    for (int i = 0; i < 8; i++) {
        if (event->printed[i] != UINT64_MAX) {
            printf(" %s=%" PRIu64, words[i], event->printed[i]);
        }
    }
    tell("class", event->error_class);
    tell("exception", event->exception);
    tell("fingerprint", event->fingerprint);
    tell("group", event->group);
    tell("outer", event->outer);
    for (int i = 0; i < SENTINEL_FRAMES; i++) {
        tell("frame", event->frames[i]);
    }
    if (event->within > 0) {
        printf(" within=%" PRIu64, event->within);
    }
    if (event->end_line > 0) {
        printf(" end_line=%" PRIu64, event->end_line);
    }
    if (event->time_ms != INT64_MIN) {
        printf(" time_ms=%" PRId64, event->time_ms);
    }
    if (event->lane > 0) {
        printf(" lane=%" PRIu32, event->lane);
    }
    tell("run", event->run_id);
    tell("pipeline", event->pipeline);
    tell("environment", event->environment);
    tell("branch", event->branch);
    tell("commit", event->commit);
    tell("outcome", event->outcome);
    printf("\n");
    if (event->kind == SENTINEL_TEST_END && !(event->flags & SENTINEL_RECAP)) {
        reading->results[event->status]++;
    }
    if (reading->meddle) {
        int32_t fed = sentinel_parser_feed(reading->parser, "x", 1, on_event, reading);
        int32_t freed = sentinel_parser_free(reading->parser);
        printf("meddling: %" PRId32 " %" PRId32 "\n", fed, freed);
        reading->meddle = 0;
    }
}

static void check(int32_t code, const char *what) {
    if (code != SENTINEL_OK) {
        printf("%s: %" PRId32 "\n", what, code);
        exit(1);
    }
}

/* What the interface refuses, one line each. */
static void refusals(void) {
    sentinel_parser *parser = NULL;
    sentinel_options options = {0};
    printf("no options size: %" PRId32 "\n", sentinel_parser_new(&options, &parser));
    options.size = sizeof options;
    options.dialects.data = "klingon";
    options.dialects.length = strlen("klingon");
    printf("no such dialect: %" PRId32 "\n", sentinel_parser_new(&options, &parser));
    printf("no parser: %" PRId32 "\n", sentinel_parser_feed(NULL, "x", 1, on_event, NULL));
    check(sentinel_parser_new(NULL, &parser), "new");
    printf("no bytes: %" PRId32 "\n", sentinel_parser_feed(parser, NULL, 1, on_event, NULL));
    printf("no callback: %" PRId32 "\n", sentinel_parser_feed(parser, "x", 1, NULL, NULL));
    printf("too long: %" PRId32 "\n", sentinel_parser_feed(parser, "x", SIZE_MAX, on_event, NULL));
    check(sentinel_parser_finish(parser, on_event, NULL), "finish");
    printf("over: %" PRId32 "\n", sentinel_parser_feed(parser, "x", 1, on_event, NULL));
    check(sentinel_parser_free(parser), "free");
    check(sentinel_parser_free(NULL), "free nothing");
}

int main(int argc, char **argv) {
    struct reading reading = {0};
    char *chunk;
    size_t length, size;
    FILE *file;
    if (sentinel_parsers_abi() != SENTINEL_PARSERS_ABI) {
        printf("the library has another interface\n");
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "refusals") == 0) {
        refusals();
        return 0;
    }
    if (argc != 3 || (file = fopen(argv[1], "rb")) == NULL) {
        printf("usage: reader FILE CHUNK | reader refusals\n");
        return 2;
    }
    size = strtoul(argv[2], NULL, 10);
    chunk = malloc(size);
    if (chunk == NULL) {
        return 1;
    }
    check(sentinel_parser_new(NULL, &reading.parser), "new");
    reading.meddle = 1;
    while ((length = fread(chunk, 1, size, file)) > 0) {
        check(sentinel_parser_feed(reading.parser, chunk, length, on_event, &reading), "feed");
    }
    check(sentinel_parser_finish(reading.parser, on_event, &reading), "finish");
    check(sentinel_parser_free(reading.parser), "free");
    for (int i = 0; i < 9; i++) {
        if (reading.results[i] > 0) {
            printf("%s: %" PRIu64 "\n", sentinel_status_name(i), reading.results[i]);
        }
    }
    free(chunk);
    fclose(file);
    return 0;
}
