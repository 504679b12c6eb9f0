//! How test frameworks print a test that passes, and one that fails because something it needs is not there.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Go,
    Pytest,
    Tap,
    GoogleTest,
    Libtest,
}

pub(crate) const DIALECTS: [Dialect; 5] = [
    Dialect::Go,
    Dialect::Pytest,
    Dialect::Tap,
    Dialect::GoogleTest,
    Dialect::Libtest,
];

/// What a client says when the other side is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Refused,
    Reset,
    NoSuchHost,
    Unavailable,
    Database,
}

impl Trouble {
    /// The `nth` of a kind of fault.
    pub(crate) fn of(nth: usize) -> Trouble {
        let all = [
            Trouble::Refused,
            Trouble::Reset,
            Trouble::NoSuchHost,
            Trouble::Unavailable,
            Trouble::Database,
        ];
        all[nth % all.len()]
    }

    /// The same of what never ran: only a proxy before it can answer.
    pub(crate) fn without_answer(nth: usize) -> Trouble {
        [Trouble::Refused, Trouble::NoSuchHost, Trouble::Unavailable][nth % 3]
    }

    /// In the words of the language's library.
    fn said_in(self, dialect: Dialect) -> &'static str {
        use Dialect::{Go, GoogleTest, Libtest, Pytest, Tap};
        match (self, dialect) {
            (Trouble::Refused, Go) => "dial tcp 10.96.14.3:5432: connect: connection refused",
            (Trouble::Refused, Pytest) => "ConnectionRefusedError: [Errno 111] Connection refused",
            (Trouble::Refused, Tap) => "connect ECONNREFUSED 10.96.14.3:5432",
            (Trouble::Refused, GoogleTest) => "connect to db:5432: Connection refused",
            (Trouble::Refused, Libtest) => {
                "Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }"
            }
            (Trouble::Reset, Go) => {
                "read tcp 10.244.0.7:41172->10.96.14.3:5432: read: connection reset by peer"
            }
            (Trouble::Reset, Pytest) => {
                "ConnectionResetError: [Errno 104] Connection reset by peer"
            }
            (Trouble::Reset, Tap) => "read ECONNRESET",
            (Trouble::Reset, GoogleTest) => "recv from db: Connection reset by peer",
            (Trouble::Reset, Libtest) => {
                "Os { code: 104, kind: ConnectionReset, message: \"Connection reset by peer\" }"
            }
            (Trouble::NoSuchHost, Go) => "dial tcp: lookup db on 10.96.0.10:53: no such host",
            (Trouble::NoSuchHost, Pytest) => {
                "socket.gaierror: [Errno -2] Name or service not known"
            }
            (Trouble::NoSuchHost, Tap) => "getaddrinfo ENOTFOUND db",
            (Trouble::NoSuchHost, GoogleTest) => "getaddrinfo db: Name or service not known",
            (Trouble::NoSuchHost, Libtest) => {
                "failed to lookup address information: Name or service not known"
            }
            (Trouble::Unavailable, Go) => {
                "GET /orders: unexpected status code 503 Service Unavailable"
            }
            (Trouble::Unavailable, Pytest) => {
                "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: http://db/orders"
            }
            (Trouble::Unavailable, Tap) => "Request failed with status code 503",
            (Trouble::Unavailable, GoogleTest) => {
                "http://db/orders answered HTTP 503 Service Unavailable"
            }
            (Trouble::Unavailable, Libtest) => {
                "HTTP status server error (503 Service Unavailable) for url (http://db/orders)"
            }
            (Trouble::Database, Go) => "pq: the database system is starting up (SQLSTATE 57P03)",
            (Trouble::Database, Pytest) => {
                "psycopg2.OperationalError: server closed the connection unexpectedly"
            }
            (Trouble::Database, Tap) => {
                "MongoNetworkError: connection 3 to 10.96.14.3:27017 closed"
            }
            (Trouble::Database, GoogleTest) => {
                "query failed: server closed the connection unexpectedly"
            }
            (Trouble::Database, Libtest) => {
                "FATAL: the database system is starting up (SQLSTATE 57P03)"
            }
        }
    }
}

fn lines(text: &str) -> Vec<Vec<u8>> {
    let lines = text.split_inclusive('\n');
    lines.map(|line| line.as_bytes().to_vec()).collect()
}

impl Dialect {
    /// The dialect a log of the corpora is of, if tests can be added to it.
    pub(crate) fn of_folder(folder: &str) -> Option<Dialect> {
        match folder {
            "go-test-v" => Some(Dialect::Go),
            "pytest" => Some(Dialect::Pytest),
            "tap" => Some(Dialect::Tap),
            "googletest" => Some(Dialect::GoogleTest),
            "cargo-test" => Some(Dialect::Libtest),
            _ => None,
        }
    }

    /// A test that passes.
    pub(crate) fn success(self, n: u64) -> String {
        match self {
            Dialect::Go => format!(
                "=== RUN   TestCart{n}\n    cart_test.go:12: {n} items\n--- PASS: TestCart{n} (0.02s)\n"
            ),
            Dialect::Pytest => {
                format!("tests/test_cart.py::test_cart_{n} PASSED                     [ {n}%]\n")
            }
            Dialect::Tap => format!("ok {} - cart {n}\n", n + 1),
            Dialect::GoogleTest => {
                format!("[ RUN      ] Cart.Adds{n}\n[       OK ] Cart.Adds{n} (4 ms)\n")
            }
            Dialect::Libtest => format!("test cart::adds_{n} ... ok\n"),
        }
    }

    /// Whether a suite is announced, so that tests cannot be added to one that goes on.
    pub(crate) fn announces(self) -> bool {
        !matches!(self, Dialect::Go | Dialect::Tap)
    }

    /// What stands before the first test.
    pub(crate) fn head(self, suite: &str, tests: u64) -> String {
        match self {
            Dialect::Go => String::new(),
            Dialect::Pytest => format!(
                "============================= test session starts ==============================\nplatform linux -- Python 3.12.3, pytest-8.3.3, pluggy-1.5.0 -- /usr/bin/python3\ncollecting ... collected {tests} items\n\n"
            ),
            Dialect::Tap => String::new(),
            Dialect::GoogleTest => format!(
                "[==========] Running {tests} tests from 1 test suite.\n[----------] Global test environment set-up.\n[----------] {tests} tests from {suite}\n"
            ),
            Dialect::Libtest => format!(
                "     Running unittests src/lib.rs (target/debug/deps/shop-4f1c2d3e5a6b7c8d)\n\nrunning {tests} tests\n"
            ),
        }
    }

    /// The `n`th test that fails for that.
    pub(crate) fn failure(self, n: u64, trouble: Trouble) -> Vec<Vec<u8>> {
        let said = trouble.said_in(self);
        lines(&match self {
            Dialect::Go => format!(
                "=== RUN   TestOrders{n}\n    orders_test.go:41: {said}\n--- FAIL: TestOrders{n} (0.04s)\n"
            ),
            Dialect::Pytest => {
                format!("tests/test_orders.py::test_orders_{n} FAILED                  [ 99%]\n")
            }
            Dialect::Tap => format!("not ok - orders {n}\n  ---\n  message: '{said}'\n  ...\n"),
            Dialect::GoogleTest => format!(
                "[ RUN      ] Orders.Lists{n}\nunknown file: Failure\nC++ exception with description \"{said}\" thrown in the test body.\n[  FAILED  ] Orders.Lists{n} (4 ms)\n"
            ),
            Dialect::Libtest => format!("test orders::lists_{n} ... FAILED\n"),
        })
    }

    /// What the framework says of `count` such failures when all tests have ended.
    pub(crate) fn failures_end(self, count: u64, trouble: Trouble) -> Vec<Vec<u8>> {
        let said = trouble.said_in(self);
        let each = |of: &dyn Fn(u64) -> String| (0..count).map(of).collect::<String>();
        lines(&match self {
            Dialect::Go => "FAIL\nFAIL\texample.com/shop\t3.214s\nFAIL\n".to_owned(),
            Dialect::Pytest => {
                let kind = said.split(':').next().unwrap_or_default();
                let details = each(&|n| {
                    format!(
                        "{:_^80}\n\n    def test_orders_{n}(client):\n>       client.orders()\nE       {said}\n\ntests/test_orders.py:41: {kind}\n",
                        format!(" test_orders_{n} ")
                    )
                });
                let recap =
                    each(&|n| format!("FAILED tests/test_orders.py::test_orders_{n} - {said}\n"));
                format!(
                    "=================================== FAILURES ===================================\n{details}=========================== short test summary info ============================\n{recap}============================== {count} failed in 3.21s ===============================\n"
                )
            }
            Dialect::Tap => String::new(),
            Dialect::GoogleTest => format!(
                "[----------] Global test environment tear-down\n[==========] {count} tests from 1 test suite ran. (40 ms total)\n[  PASSED  ] 0 tests.\n[  FAILED  ] {count} tests, listed below:\n{}\n",
                each(&|n| format!("[  FAILED  ] Orders.Lists{n}\n"))
            ),
            Dialect::Libtest => {
                let details = each(&|n| {
                    format!(
                        "---- orders::lists_{n} stdout ----\n\nthread 'orders::lists_{n}' panicked at src/orders.rs:41:5:\ncalled `Result::unwrap()` on an `Err` value: {said}\n\n"
                    )
                });
                let recap = each(&|n| format!("    orders::lists_{n}\n"));
                format!(
                    "\nfailures:\n\n{details}\nfailures:\n{recap}\ntest result: FAILED. 9 passed; {count} failed; 0 ignored; 0 measured; 0 filtered out; finished in 3.21s\n\n"
                )
            }
        })
    }
}
