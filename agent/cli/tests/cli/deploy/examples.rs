//! The example Jobs are injected without a word, twice to the same, and as strict pod security wants them.

use super::{deploy, files, known, list, objects, read, title, workloads};
use crate::bench::{Bench, check_exit};

#[test]
fn every_example_is_injected_recorded_and_given_back() {
    let bench = Bench::new();
    let examples = files("examples");
    assert_eq!(examples, ["go-test.yaml", "playwright.yaml", "pytest.yaml"]);
    for file in examples {
        let path = deploy().join("examples").join(&file).display().to_string();
        let once = bench.sentinel(&["inject", "-f", &path]);
        check_exit(&once, 0);
        assert_eq!(once.stderr, "", "{file}");
        let twice = bench.piped(&["inject", "-f", "-"], &once.stdout);
        assert_eq!(twice.stdout, once.stdout, "{file}");
        let back = bench.piped(&["inject", "-f", "-", "--uninject"], &once.stdout);
        assert_eq!(back.stdout, read(&format!("examples/{file}")));

        let injected = objects(&once.stdout);
        let jobs = workloads(&injected);
        assert_eq!(jobs.len(), 1, "{file}");
        for (job, pod) in jobs {
            assert_eq!(known::known(job), *job);
            known::check_restricted(&title(job), pod);
            assert_eq!(list(&pod["initContainers"]).len(), 2, "{file}: captured");
        }
    }
}
