//! `[injector]`: whether the agent puts the sidecar into pods that the API server asks it about, and which one.

use std::net::SocketAddr;
use std::time::Duration;

use crate::section::section;

section! {
    /// What the agent puts into Jobs and Pods that the API server asks it about as they are made (a mutating admission
    /// webhook). What `sentinel inject` does to a file is done to the object.
    pub struct InjectorConfig {
        /// The MutatingWebhookConfiguration that leads to the agent, whose certificate the agent keeps up to date in it.
        /// Empty: the agent injects nothing.
        pub configuration: Option<String> = name_or_none(),
        /// Address and port for the API server, which speaks TLS only, with a certificate that the agent makes itself.
        pub listen: SocketAddr = address("127.0.0.1:7643"),
        /// The host by which the API server knows the agent: SERVICE.NAMESPACE.svc. Nothing is put into pods of that
        /// namespace. Empty: sentinel-injector.sentinel.svc.
        pub service: Option<String> = name_or_none(),
        /// The sidecar's image. Empty: run-sentinel.dev/sentinel-sidecar of the agent's version.
        pub image: Option<String> = image_or_none(),
        /// Where sidecars send to.
        pub agent: String = agent_url("http://sentinel-agent.sentinel.svc:7600"),
        /// Whether the node's log is read (hostPath) of a container whose command cannot be wrapped. Namespaces whose pod
        /// security forbids hostPath refuse such pods. Without, they are left as they are, with a warning.
        pub host_logs: bool = switch(false),
        /// How long a certificate is good for; a new one is made after two thirds of it.
        pub certificate_life: Duration = duration("30d", "10s", "365d"),
    }
}
