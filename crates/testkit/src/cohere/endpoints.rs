//! The endpoints, and the order in which a request is looked at: key, JSON, form, model, messages,
//! script, answer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data, Path, Query, ServiceConfig, get, post, to},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    checks,
    cue::{Act, Cue},
    events,
    generation::{Finish, Generation},
    models,
    reply::Break,
    scene::Scene,
    simulated_error::SimulatedError,
    stage::Stage,
};

const CALLS_PER_MINUTE: u32 = 500;
const CHATS_PER_MINUTE: u32 = 20;

/// Where they are.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/v2/chat", post().to(chat))
        .route("/v1/models", get().to(list_models))
        .route("/v1/models/{model}", get().to(get_model))
        .route("/v1/check-api-key", post().to(check_api_key))
        .default_service(to(not_found));
}

async fn chat(stage: Data<Stage>, http: HttpRequest, body: Bytes) -> HttpResponse {
    let answer = answer_chat(&stage, &http, &body).unwrap_or_else(Answer::refused);
    answer.send(&stage, &http, serde_json::from_slice(&body).unwrap_or_default()).await
}

fn answer_chat(stage: &Stage, http: &HttpRequest, body: &[u8]) -> Result<Answer, SimulatedError> {
    authorize(stage, http)?;
    let json: Value = serde_json::from_slice(body)
        .map_err(|error| SimulatedError::invalid(format!("invalid json syntax: {error}")))?;
    let request = checks::check(json)?;
    let allowance = stage.take_trial_call("chat", CHATS_PER_MINUTE)?;
    let scene = Scene::of(&request);
    let asked = asked_for(http, scene.marker.as_deref())?;
    let (reply, delivery) = match stage.chat_cue(asked, body).act(&scene) {
        Act::InjectedFault(fault, lasting, delivery) => {
            return Ok(Answer::fault(fault, lasting, http, &request.model).delivered(delivery));
        }
        Act::Reply(reply, delivery) => (reply, delivery),
    };
    let generation = Generation::new(&request, &scene, reply);
    let answer = if request.stream == Some(true) {
        Answer::stream(events::frames(&generation))
    } else if generation.finish == Finish::Broken(Break::InvalidToolGeneration) {
        let error = SimulatedError::unknown(checks::INVALID_TOOL_GENERATION);
        Answer::failed(&error.typed("INVALID_TOOL_GENERATION"))
    } else {
        Answer::json(&generation.body())
    };
    Ok(answer
        .header("num_tokens", generation.usage.input)
        .allowance(allowance)
        .delivered(delivery)
        .delayed(stage.settings.delay))
}

#[derive(Debug, Deserialize)]
struct ModelsQuery {
    endpoint: Option<String>,
    page_size: Option<usize>,
    page_token: Option<usize>,
    default_only: Option<bool>,
}

async fn list_models(stage: Data<Stage>, http: HttpRequest) -> HttpResponse {
    simple(&stage, &http, || {
        let ModelsQuery { endpoint, page_size, page_token, default_only } =
            Query::<ModelsQuery>::from_query(http.query_string())
                .map_err(|error| SimulatedError::invalid(format!("invalid request: {error}")))?
                .into_inner();
        let size = page_size.unwrap_or(20);
        if !(1..=1000).contains(&size) {
            return Err(SimulatedError::invalid("page_size must be between 1 and 1000"));
        }
        // All of them are chat models, and none is the default of its endpoint.
        let none =
            endpoint.is_some_and(|endpoint| endpoint != "chat") || default_only == Some(true);
        let fitting = if none { &[][..] } else { &models::MODELS[..] };
        let start = page_token.unwrap_or(0).min(fitting.len());
        let end = (start + size).min(fitting.len());
        let page: Vec<Value> = fitting[start..end].iter().map(models::Model::describe).collect();
        let mut body = json!({ "models": page });
        if end < fitting.len() {
            body["next_page_token"] = end.to_string().into();
        }
        Ok(body)
    })
    .await
}

async fn get_model(stage: Data<Stage>, http: HttpRequest, name: Path<String>) -> HttpResponse {
    simple(&stage, &http, || models::find(&name).map(models::Model::describe)).await
}

async fn check_api_key(stage: Data<Stage>, http: HttpRequest) -> HttpResponse {
    simple(&stage, &http, || {
        Ok(json!({
            "valid": true,
            "organization_id": "5b1a6f0e-0c57-4a1e-8f0b-3f6f0a2f6d10",
            "owner_id": "c0a3b6d2-7a51-4f0c-9a8e-2f9a4a1d9e55",
        }))
    })
    .await
}

async fn not_found(stage: Data<Stage>, http: HttpRequest) -> HttpResponse {
    let error = SimulatedError::new(StatusCode::NOT_FOUND, "the requested path was not found");
    Answer::refused(error).send(&stage, &http, Value::Null).await
}

/// An endpoint that asks no model.
async fn simple(
    stage: &Stage,
    http: &HttpRequest,
    body: impl FnOnce() -> Result<Value, SimulatedError>,
) -> HttpResponse {
    let answer = || {
        authorize(stage, http)?;
        let allowance = stage.take_trial_call("default", CALLS_PER_MINUTE)?;
        let cue = stage.other_cue(asked_for(http, None)?, http.path());
        Ok(match cue.act_without_model() {
            Act::InjectedFault(fault, lasting, delivery) => {
                Answer::fault(fault, lasting, http, http.match_info().query("model"))
                    .delivered(delivery)
            }
            Act::Reply(_, delivery) => {
                Answer::json(&body()?).allowance(allowance).delivered(delivery)
            }
        })
    };
    answer().unwrap_or_else(Answer::refused).send(stage, http, Value::Null).await
}

fn authorize(stage: &Stage, http: &HttpRequest) -> Result<(), SimulatedError> {
    let refused = |message| Err(SimulatedError::new(StatusCode::UNAUTHORIZED, message));
    let header = http.headers().get(header::AUTHORIZATION);
    let Some((scheme, key)) = header.and_then(|value| value.to_str().ok()?.split_once(' ')) else {
        return refused("no api key supplied");
    };
    let known = stage.settings.api_key.as_deref().is_none_or(|known| known == key);
    if !scheme.eq_ignore_ascii_case("bearer") || key.is_empty() {
        refused("no api key supplied")
    } else if known {
        Ok(())
    } else {
        refused("invalid api token")
    }
}

/// What the request itself wants played, by header or by a marker in the user's message.
fn asked_for(http: &HttpRequest, marker: Option<&str>) -> Result<Option<Cue>, SimulatedError> {
    let header = http.headers().get("x-simulate").and_then(|value| value.to_str().ok());
    header
        .or(marker)
        .map(|cue| {
            cue.parse().map_err(|error| SimulatedError::invalid(format!("x-simulate: {error}")))
        })
        .transpose()
}
