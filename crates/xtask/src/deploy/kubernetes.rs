//! The manifests: they are rendered, match Kubernetes' own schemas, keep to common policies, and have
//! the numbers of the deployment guide.

use std::fs;

use super::{
    check::{Check, Depth, Verdict},
    tools::{CHECKOV_QUIETLY, Tools},
};
use crate::{
    Result,
    process::{output, run, tool_directory},
};

pub(super) const CHECK: Check = Check {
    name: "kubernetes",
    what: "the manifests match the schemas, common policies and the guide's numbers",
    depth: Depth::Quick,
    run: check,
};

/// The version whose schemas the manifests are held against.
const VERSION: &str = "1.37";

/// Policies that are not followed: images by digest (releases are named by version), pulling each
/// time (a version never changes), and secrets as files (the guide has them as variables).
const NOT_FOLLOWED: &str = "CKV_K8S_43,CKV_K8S_15,CKV_K8S_35";

fn check(tools: &Tools) -> Result<Verdict> {
    let directory = tool_directory("deploy-manifests")?;
    for overlay in ["production", "staging"] {
        let mut kustomize = tools.program("kubectl")?;
        kustomize.arg("kustomize").arg(format!("deploy/k8s/overlays/{overlay}"));
        let rendered = output(&mut kustomize)
            .ok_or_else(|| format!("kubectl kustomize fails for {overlay}; run it to see why"))?;
        let file = directory.join(format!("{overlay}.yaml"));
        fs::write(&file, rendered)?;
        run(tools
            .program("kubernetes-validate")?
            .args(["--strict", "-k", VERSION, "--quiet"])
            .arg(&file))?;
        run(tools
            .checkov()?
            .args(["--framework", "kubernetes", "--skip-check", NOT_FOLLOWED])
            .args(CHECKOV_QUIETLY)
            .arg("--file")
            .arg(&file))?;
        run(tools
            .program("python")?
            .arg("crates/xtask/deploy/kubernetes.py")
            .arg(&file)
            .arg(overlay))?;
    }
    let said =
        format!("rendered; schemas of {VERSION} (none of ServiceMonitor), policies, numbers");
    Verdict::passed(tools.version("kubectl", "version --client")?, said)
}
