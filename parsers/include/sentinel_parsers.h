/* sentinel_parsers.h: recognises tests, suites, totals and errors in what test frameworks print.
 *
 * A parser reads one stream in chunks of any size and calls back for each event it recognises. It does no
 * I/O, starts no thread, and has no error for its input: text that means nothing is an ordinary line.
 *
 * Build the libraries (libsentinel_parsers.a, and .so or .dylib):
 *
 *     cargo rustc -p sentinel-parsers --profile capi --features capi --crate-type cdylib,staticlib
 *
 * A program that links the static one on Linux also needs -lpthread -ldl -lm.
 *
 * Ownership. A handle is made by sentinel_parser_new and freed by sentinel_parser_free, once. What the
 * caller passes in is borrowed until the function returns. An event and every text in it are borrowed from
 * the parser until the callback returns: copy what you keep. Texts are valid UTF-8, are NOT ended by NUL and
 * may hold NUL bytes. Names of kinds and statuses are static.
 *
 * Threads. A handle may be used by any thread, by one at a time; different handles are independent. A
 * second use at the same time, also from within the handle's own callback, does nothing and gives
 * SENTINEL_BUSY. Free a handle only when no other thread uses it or is about to.
 *
 * The callback must return: no longjmp out of it, no exception through it. It runs in the calling thread.
 *
 * Panics do not cross this boundary: they are SENTINEL_PANICKED (with a message on standard error, unless
 * the program set a hook), and the handle is good for nothing but being freed. */
#ifndef SENTINEL_PARSERS_H
#define SENTINEL_PARSERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It changes when a program built for another version would not work;
 * fields appended to sentinel_event do not change it. Compare at start with sentinel_parsers_abi(). */
#define SENTINEL_PARSERS_ABI 1

/* What the functions return: 0, or why nothing was done. */
#define SENTINEL_OK 0
#define SENTINEL_NULL (-1)     /* a pointer is null that must not be */
#define SENTINEL_LENGTH (-2)   /* a length over PTRDIFF_MAX */
#define SENTINEL_OPTIONS (-3)  /* unknown dialect, text that is no UTF-8, empty key, wrong size */
#define SENTINEL_BUSY (-4)     /* the handle is in use */
#define SENTINEL_FINISHED (-5) /* the stream was finished */
#define SENTINEL_PANICKED (-6) /* a defect of the library; events of this call may be missing */

/* Some bytes. Null data: not known, or not given. */
typedef struct sentinel_text {
    const char *data;
    size_t length;
} sentinel_text;

typedef struct sentinel_options {
    uint32_t size;               /* sizeof(sentinel_options) */
    uint32_t reserved;           /* 0 */
    sentinel_text dialects;      /* ids to recognise, "pytest,tap"; not given or empty: all */
    sentinel_text redaction_key; /* given: secrets become [redacted:RULE:HASH], hashed with this key
                                  * (32 random bytes, kept per installation) */
} sentinel_options;

/* Kinds of event, and the fields each tells beside those that all have. */
enum sentinel_kind {
    SENTINEL_RUN_START = 1,   /* run_id, pipeline, environment, branch, commit, attempt */
    SENTINEL_RUN_END = 2,     /* run_id, outcome, duration_s */
    SENTINEL_SUITE_START = 3, /* suite, tags */
    SENTINEL_SUITE_END = 4,   /* suite, status, duration_s, SENTINEL_ADOPTS */
    SENTINEL_PLAN = 5,        /* suite, planned */
    SENTINEL_TEST_START = 6,  /* suite, name, attempt, tags */
    SENTINEL_TEST_END = 7,    /* suite, name, status, duration_s, attempt, message, location, tags,
                               * SENTINEL_RECAP, SENTINEL_TEARDOWN */
    SENTINEL_TEST_DETAIL = 8, /* suite, name, message, location: more about a test told elsewhere */
    SENTINEL_COUNTED = 9,     /* suite, counts: results without names */
    SENTINEL_SUMMARY = 10,    /* suite, printed, duration_s: totals as the framework printed them */
    SENTINEL_SIGNATURE = 11   /* error_class, exception, message, fingerprint, group, outer, frames,
                               * within, end_line */
};

/* How a test ended. Also the places in counts. */
enum sentinel_status {
    SENTINEL_PASSED = 0,
    SENTINEL_FAILED = 1,
    SENTINEL_ERRORED = 2, /* broke outside its own assertions */
    SENTINEL_SKIPPED = 3,
    SENTINEL_XFAIL = 4, /* failed as expected */
    SENTINEL_XPASS = 5, /* passed although expected to fail */
    SENTINEL_TODO = 6,
    SENTINEL_TIMED_OUT = 7,
    SENTINEL_UNFINISHED = 8
};

/* Places in printed. */
enum sentinel_printed {
    SENTINEL_PRINTED_TESTS = 0,
    SENTINEL_PRINTED_PASSED = 1,
    SENTINEL_PRINTED_FAILED = 2,
    SENTINEL_PRINTED_ERRORED = 3,
    SENTINEL_PRINTED_SKIPPED = 4,
    SENTINEL_PRINTED_XFAIL = 5,
    SENTINEL_PRINTED_XPASS = 6,
    SENTINEL_PRINTED_TODO = 7
};

/* Bits of flags. */
#define SENTINEL_ADOPTS 1   /* tests told without a suite since the last such end belong to this suite */
#define SENTINEL_RECAP 2    /* repeats a result already told: do not count it again */
#define SENTINEL_TEARDOWN 4 /* the trouble was in tear-down, after the test's own result */

/* Frames of a stack that a signature tells at most. */
#define SENTINEL_FRAMES 3

/* An event. Fields that its kind does not tell, and what is not known, hold: null data, status -1,
 * attempt 0, duration_s NaN, time_ms INT64_MIN, planned and printed UINT64_MAX, counts 0, end_line and
 * within 0. */
typedef struct sentinel_event {
    uint32_t size;   /* sizeof(sentinel_event) of the library; if less than yours, the fields beyond
                      * it are not there to be read */
    uint32_t kind;   /* enum sentinel_kind; later libraries may tell others: ignore them */
    uint64_t offset; /* byte offset of the line that completed the event; with sub never repeated */
    uint64_t line;   /* number, from 1, of the line the event is about */
    int64_t time_ms; /* since the Unix epoch, if the log tells times */
    uint32_t sub;    /* ordinal among the events of the same line, from 0 */
    uint32_t lane;   /* writer of a shared log, from 1; 0 for no particular one */
    sentinel_text dialect;
    sentinel_text suite; /* null data: not known (yet); no bytes: the format has no suites */
    sentinel_text name;
    sentinel_text message; /* first line of a failure's, skip's or error's text */
    sentinel_text location; /* "file:line" */
    sentinel_text tags;     /* separated by commas */
    int32_t status;         /* enum sentinel_status */
    uint32_t attempt;       /* from 1 */
    double duration_s;      /* seconds */
    uint32_t flags;
    uint32_t reserved;
    uint64_t planned;
    uint64_t counts[9];  /* by enum sentinel_status */
    uint64_t printed[8]; /* by enum sentinel_printed */
    sentinel_text error_class; /* "python_traceback", "go_panic", ... */
    sentinel_text exception;
    sentinel_text fingerprint; /* "f1:...": this fault, without what varies from run to run */
    sentinel_text group;       /* "g1:...": what it has in common with variants of the fault */
    sentinel_text outer;       /* the outermost exception, if another than the deepest cause */
    sentinel_text frames[SENTINEL_FRAMES]; /* of the user's own code, nearest first: "f (a.py:3)" */
    uint64_t within; /* line of the occurrence this is a part of, which counts once; 0: none */
    uint64_t end_line;
    sentinel_text run_id;
    sentinel_text pipeline;
    sentinel_text environment;
    sentinel_text branch;
    sentinel_text commit;
    sentinel_text outcome;
} sentinel_event;

typedef struct sentinel_parser sentinel_parser;

/* Takes one event. user is what was passed to feed or finish. */
typedef void (*sentinel_on_event)(void *user, const sentinel_event *event);

/* SENTINEL_PARSERS_ABI of the library. */
uint32_t sentinel_parsers_abi(void);

/* Makes a parser and stores it in *parser; null there if it could not. options may be null: every dialect,
 * lines as they come. */
int32_t sentinel_parser_new(const sentinel_options *options, sentinel_parser **parser);

/* Reads the next bytes of the stream: any number, cut anywhere. bytes may be null if length is 0.
 * At most 64 KiB of a line are kept (16 MiB of a report that is one line), and read at once when it ends. */
int32_t sentinel_parser_feed(sentinel_parser *parser, const void *bytes, size_t length,
                             sentinel_on_event on_event, void *user);

/* The stream is over: reads a last line without line feed and tells what was held back. After it, the
 * parser can only be freed. */
int32_t sentinel_parser_finish(sentinel_parser *parser, sentinel_on_event on_event, void *user);

/* Frees the parser, finished or not. Null is fine. Within the parser's own callback: SENTINEL_BUSY, and it
 * is not freed. */
int32_t sentinel_parser_free(sentinel_parser *parser);

/* The word of a kind ("test_end") or a status ("failed"), ended by NUL; null if there is none. */
const char *sentinel_kind_name(uint32_t kind);
const char *sentinel_status_name(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
