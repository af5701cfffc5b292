//! The files for clouds: the schema that there is, and that they agree with the image. No cloud is
//! reached.

use super::{
    check::{Check, Depth, Verdict},
    tools::Tools,
};
use crate::{Result, process::run};

pub(super) const CHECK: Check = Check {
    name: "cloud",
    what: "the files for Elastic Beanstalk and Cloud Run agree with the image",
    depth: Depth::Quick,
    run: check,
};

fn check(tools: &Tools) -> Result<Verdict> {
    run(tools.program("check-jsonschema")?.args([
        "--builtin-schema",
        "vendor.cloudbuild",
        "deploy/cloud/cloud-run/cloudbuild.yaml",
    ]))?;
    run(tools.program("python")?.arg("crates/xtask/deploy/cloud.py"))?;
    let said = "Cloud Build's schema; Elastic Beanstalk has none, no cloud was reached";
    Verdict::passed(tools.version("check-jsonschema", "--version")?, said)
}
