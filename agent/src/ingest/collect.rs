//! `POST /v1/collect`: who reads pods without a sidecar asks which. The core chooses who reads what.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use sentinel_core::{Input, Reply, Way};
use sentinel_parsers::wire::{Collect, ToRead};

use super::{ask, body};
use crate::api::problem::Problem;
use crate::app::App;
use crate::auth::Caller;
use crate::forward::wire::is_node;
use crate::server::Seat;

/// Bytes of the body at most.
const BODY: usize = 4 * 1024;

pub(crate) async fn collect(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<ToRead>, Problem> {
    let (parts, sent) = request.into_parts();
    body::check_kind(&parts.headers, "application/json")?;
    let told = body::told_length(&parts.headers);
    let length = body::within(told, BODY)?;
    let _room = body::room(&app, "collecting", length).await?;
    let seat = parts.extensions.get::<Arc<Seat>>();
    let text = body::read(sent, told, BODY, app.bounds.body_pause, seat).await?;
    let asked: Collect = serde_json::from_slice(&text).map_err(|e| Problem::bad(e.to_string()))?;
    if parts
        .extensions
        .get::<Caller>()
        .is_some_and(Caller::is_bound)
    {
        app.watch.refused.one();
        let detail = "the token stands for a pod, not for who reads several";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let input = input(asked)?;
    match ask(&app, input).await? {
        Reply::ToRead(told) => Ok(Json(told)),
        // What can be wrong with the request was looked for above: this is a limit.
        Reply::Refused(why) => {
            app.watch.limited.one();
            Err(Problem::busy(why))
        }
        _ => Err(Problem::busy("the core said something else")),
    }
}

fn input(asked: Collect) -> Result<Input, Problem> {
    let way = match (&*asked.source, &asked.node) {
        ("node", Some(node)) if is_node(node) => Way::Node,
        ("node", _) => return Err(Problem::bad("node is not the name of a node")),
        ("api", None) => Way::Api,
        _ => {
            return Err(Problem::bad(
                "source is `node` with a node, or `api` without",
            ));
        }
    };
    Ok(Input::Collect {
        way,
        node: asked.node,
    })
}
