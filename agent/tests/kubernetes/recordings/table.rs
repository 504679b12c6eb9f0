//! What each recording must end in, as the README of the recordings says what it shows.

/// Pipeline; status; what ended it, as its source spells it; whose fault it is, if a test did not pass or none could run.
pub(super) type Row = [&'static str; 4];

/// Scenarios with their runs, by pipeline.
pub(super) const ROWS: &[(&str, &[Row])] = &[
    // A Job that succeeds.
    ("a-job-succeeds", &[["succeed", "passed", "", ""]]),
    // Killed for their memory: a child and main exits 1, a child and main exits 0, the main process, with OnFailure.
    (
        "b-oomkilled",
        &[
            ["oom-child", "failed", "BackoffLimitExceeded", "infra"],
            ["oom-child-exit0", "passed", "", ""],
            ["oom-main", "errored", "BackoffLimitExceeded", "infra"],
            ["oom-onfailure", "errored", "BackoffLimitExceeded", "infra"],
        ],
    ),
    // A command that does not exist; a pod that ends with 3 again and again.
    (
        "c-crashloop",
        &[
            ["badcommand", "errored", "StartError", "infra"],
            ["crasher", "running", "", "test"],
        ],
    ),
    // Images that are not there, and a Job on one with a deadline.
    (
        "d-imagepull",
        &[
            ["invalidname", "pending", "", "infra"],
            ["job-notfound", "timed_out", "DeadlineExceeded", "infra"],
            ["missingconfig", "pending", "", "infra"],
            ["never", "pending", "", "infra"],
            ["notfound", "pending", "", "infra"],
            ["refused", "pending", "", "infra"],
        ],
    ),
    // Deadlines of Jobs, one of which heeds SIGTERM, and of a pod.
    (
        "e-activedeadline",
        &[
            ["deadline", "timed_out", "DeadlineExceeded", "infra"],
            [
                "deadline-ignores-term",
                "timed_out",
                "DeadlineExceeded",
                "infra",
            ],
            [
                "pod-deadline",
                "errored",
                "BackoffLimitExceeded; pod pod-deadline-7mjqs: DeadlineExceeded",
                "infra",
            ],
        ],
    ),
    // Tests that fail until the Job gives up: by new pods, by starts of one container, at once by its policy.
    (
        "f-backofflimit",
        &[
            ["backoff", "failed", "BackoffLimitExceeded", "test"],
            [
                "backoff-onfailure",
                "failed",
                "BackoffLimitExceeded",
                "test",
            ],
            ["failurepolicy", "failed", "PodFailurePolicy", "test"],
        ],
    ),
    // Deleted in mid run: pods, a Job; of a Job whose pod was deleted or evicted another pod did the work.
    (
        "g-deletion",
        &[
            ["ignores-term", "aborted", "deleted", "infra"],
            ["job-deleted", "aborted", "deleted", "infra"],
            ["job-pod-deleted", "passed", "", "infra"],
            ["job-pod-evicted", "passed", "", "infra"],
            ["prestop", "aborted", "deleted", "infra"],
        ],
    ),
    // No node takes them, and a volume that cannot be mounted.
    (
        "h-unschedulable",
        &[
            ["missingsecretvolume", "pending", "", "infra"],
            ["nopvc", "pending", "", "infra"],
            ["toobig", "pending", "", "infra"],
            ["wrongnode", "pending", "", "infra"],
        ],
    ),
    // Probes: one that flaps, one of liveness that kills, one that never passes.
    (
        "i-readiness",
        &[
            ["flapping", "running", "", ""],
            ["liveness-fails", "running", "", "infra"],
            ["unready", "running", "", ""],
        ],
    ),
    // Beside native sidecars: passes, with one that crashes, with one that ignores SIGTERM; fails.
    (
        "j-native-sidecar",
        &[
            ["sidecar", "passed", "", ""],
            ["sidecar-crashes", "passed", "", ""],
            ["sidecar-ignores-term", "passed", "", ""],
            [
                "sidecar-testfails",
                "failed",
                "BackoffLimitExceeded",
                "test",
            ],
        ],
    ),
    // Five indexes, of which one fails twice; three that succeed.
    (
        "k-indexed-parallel3",
        &[
            ["indexed", "failed", "FailedIndexes", "test"],
            ["indexed-ok", "passed", "", ""],
        ],
    ),
    // A node that is lost, with a Job's pod whose work goes on in another; pods that were tainted away.
    (
        "l-node",
        &[
            ["job-on-lost-node", "running", "", "infra"],
            ["tolerates10s", "errored", "DeletionByTaintManager", "infra"],
            ["victim", "errored", "DeletionByTaintManager", "infra"],
        ],
    ),
    // Evicted by the kubelet.
    (
        "m-kubelet-eviction",
        &[
            ["emptydir-limit", "errored", "Evicted", "infra"],
            [
                "ephemeral-limit",
                "errored",
                "BackoffLimitExceeded; pod ephemeral-limit-wgcpt: Evicted",
                "infra",
            ],
        ],
    ),
    // A Job that is removed when it is over, one that was suspended and resumed, three that a CronJob made.
    (
        "n-ttl-suspend-cronjob",
        &[
            ["cron", "passed", "", ""],
            ["cron", "passed", "", ""],
            ["cron", "passed", "", ""],
            ["suspended", "passed", "", "infra"],
            ["ttl", "passed", "", ""],
        ],
    ),
];
