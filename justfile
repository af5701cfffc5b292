# Shortcuts. Each check is a step of `cargo xtask ci`, so that what passes here passes in CI.

# List the recipes.
default:
    @just --list

# Start the service: SQLite, the offline assistant, http://127.0.0.1:8000.
run:
    cargo run --release

# Everything CI runs.
ci:
    cargo xtask ci

# All tests, PostgreSQL included; arguments go to `cargo test`.
test *arguments:
    cargo xtask test {{arguments}}

# Format the code.
format:
    cargo fmt --all

# The code is formatted.
fmt:
    cargo xtask ci fmt

# The code has no warning.
clippy:
    cargo xtask ci clippy

# The documentation has no broken link.
doc:
    cargo xtask ci doc

# Nothing secret is committed.
secrets:
    cargo xtask ci secrets

# SQL takes its values as parameters.
sql:
    cargo xtask ci sql

# Dependencies have allowed licences, sources and no known vulnerability.
deny:
    cargo xtask ci deny

# Cohere's own SDK gets along with the simulator.
cohere-sdk:
    cargo xtask ci cohere-sdk

# Prometheus takes what the service measures.
metrics:
    cargo xtask ci metrics

# The commands of docs/API.md run, and are answered as it says.
manual:
    cargo xtask ci manual

# docs/openapi.json is what the service does, and what a client can be made from.
openapi:
    cargo xtask ci openapi

# The AI SDK reads the chat's streams.
streams:
    cargo xtask ci streams

# The web page is what its sources make, and does what people want in a browser.
page:
    cargo xtask ci page

# The files of deploy/ pass the tools they are for; --full runs what takes long, too.
deploy-check *arguments:
    cargo xtask deploy-check {{arguments}}

# The libraries can be published.
package:
    cargo xtask ci package

# What the release takes: bytes, time to start, memory.
footprint:
    cargo xtask footprint
