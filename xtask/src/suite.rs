//! Runs steps: each is announced, timed and listed in the summary with its result.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::project::Project;
use crate::setup;

pub struct Step {
    pub name: &'static str,
    pub about: &'static str,
    /// Returns the text for the summary, such as the number of tests.
    pub run: fn(&Project) -> Result<String>,
}

struct Outcome {
    name: &'static str,
    took: Duration,
    result: Result<String>,
}

pub fn list(steps: &[Step]) {
    for step in steps {
        println!("{:<14}{}", step.name, step.about);
    }
}

pub fn test(project: &Project, steps: &[Step], args: &[String]) -> Result<()> {
    let fail_fast = args.iter().any(|arg| arg == "--fail-fast");
    let names: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--fail-fast").collect();
    let chosen = choose(steps, &names)?;
    setup::for_testing(project)?;
    let outcomes = run(project, &chosen, fail_fast);
    print!("{}", summary(&outcomes, chosen.len()));
    let failed: Vec<_> =
        outcomes.iter().filter(|outcome| outcome.result.is_err()).map(|outcome| outcome.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn choose<'a>(steps: &'a [Step], names: &[&str]) -> Result<Vec<&'a Step>> {
    if let Some(unknown) = names.iter().find(|name| !steps.iter().any(|step| step.name == **name)) {
        bail!("there is no step `{unknown}`; `cargo xtask test --list` names them");
    }
    // In the order of the table, not of the arguments: later steps use the results of earlier ones.
    Ok(steps.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect())
}

fn run(project: &Project, steps: &[&Step], fail_fast: bool) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for step in steps {
        println!("\n── {}: {}", step.name, step.about);
        let begun = Instant::now();
        let result = (step.run)(project);
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        let failed = result.is_err();
        outcomes.push(Outcome { name: step.name, took: begun.elapsed(), result });
        if failed && fail_fast {
            break;
        }
    }
    outcomes
}

fn summary(outcomes: &[Outcome], chosen: usize) -> String {
    let mut text = String::from("\n");
    for Outcome { name, took, result } in outcomes {
        let (word, note) = match result {
            Ok(note) => ("ok", note.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        text += format!("{name:<14}{word:<7}{:>7.1} s  {note}", took.as_secs_f64()).trim_end();
        text.push('\n');
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    text += &format!("{} of {chosen} steps in {:.0} s\n", outcomes.len(), total.as_secs_f64());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project { root: ".".into(), target: "target".into() }
    }

    const STEPS: &[Step] = &[
        Step { name: "one", about: "", run: |_| Ok("1 test".to_owned()) },
        Step { name: "two", about: "", run: |_| bail!("it broke") },
        Step { name: "three", about: "", run: |_| Ok(String::new()) },
    ];

    #[test]
    fn steps_run_in_the_order_of_the_table() {
        let names = |steps: Vec<&Step>| steps.iter().map(|step| step.name).collect::<Vec<_>>();
        assert_eq!(names(choose(STEPS, &["three", "one"]).unwrap()), ["one", "three"]);
        assert_eq!(names(choose(STEPS, &[]).unwrap()), ["one", "two", "three"]);
        assert!(choose(STEPS, &["four"]).err().unwrap().to_string().contains("`four`"));
    }

    #[test]
    fn a_failure_does_not_hide_what_comes_after_it() {
        let steps: Vec<_> = STEPS.iter().collect();
        let outcomes = run(&project(), &steps, false);
        let text = summary(&outcomes, 3);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains("two           FAILED     0.0 s  it broke"), "{text}");
        assert!(text.contains("3 of 3 steps"), "{text}");
        assert_eq!(run(&project(), &steps, true).len(), 2);
    }
}
