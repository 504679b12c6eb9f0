//! As much of Helm's templates as the chart uses: values, and lines that stand there on a condition.
//!
//! `{{ PATH }}` within a line; and as lines of their own `{{- if PATH }}`, `{{- if eq PATH "WORD" }}`, `{{- else }}` and
//! `{{- end }}`. Whatever else Helm knows is an error, so that both make the same of a template.

use serde_json::Value;

use super::values::Values;

/// The template with its values, or nothing if all of it stands there on conditions that do not hold.
pub(super) fn render(template: &str, values: &Values) -> Result<String, String> {
    let mut out = String::new();
    // Whether the lines of each condition that is open stand there.
    let mut open: Vec<bool> = Vec::new();
    for (n, line) in template.lines().enumerate() {
        let at = |what: String| format!("line {}: {what}", n + 1);
        if let Some(action) = line.trim_start().strip_prefix("{{-") {
            let action = action
                .strip_suffix("}}")
                .ok_or_else(|| at("an action that does not end".to_owned()))?;
            condition(action.trim(), &mut open, values).map_err(at)?;
        } else if open.iter().all(|stands| *stands) {
            out.push_str(&substitute(line, values).map_err(at)?);
            out.push('\n');
        }
    }
    match open.is_empty() {
        true => Ok(out),
        false => Err("a condition that does not end".to_owned()),
    }
}

fn condition(action: &str, open: &mut Vec<bool>, values: &Values) -> Result<(), String> {
    let words: Vec<&str> = action.split(' ').collect();
    match words[..] {
        ["if", path] => open.push(holds(&find(path, values)?)),
        ["if", "eq", path, word] => {
            let word = word.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
            let word = word.ok_or_else(|| format!("`{action}` compares with no word"))?;
            open.push(find(path, values)? == word);
        }
        ["else"] => {
            let last = open.last_mut().ok_or("an `else` without its `if`")?;
            *last = !*last;
        }
        ["end"] => {
            open.pop().ok_or("an `end` without its `if`")?;
        }
        _ => return Err(format!("`{action}` is not among what is used of Helm")),
    }
    Ok(())
}

/// As Helm sees it.
fn holds(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != ""
}

fn substitute(line: &str, values: &Values) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (path, behind) = after
            .split_once("}}")
            .ok_or("an action that does not end")?;
        out.push_str(before);
        match find(path.trim(), values)? {
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn find(path: &str, values: &Values) -> Result<Value, String> {
    values
        .find(path)
        .ok_or_else(|| format!("`{path}` is no value of the chart"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, String> {
        let values = Values::read("name: x\non: true\noff: false\nempty: ''\n", "ns").unwrap();
        render(template, &values)
    }

    #[test]
    fn values_are_put_in_and_conditions_choose_lines() {
        let template = "\
a: {{ .Values.name }}.{{.Release.Namespace}}
{{- if eq .Values.name \"x\" }}
b: {{ .Values.on }}
  {{- if .Values.off }}
c: 1
  {{- else }}
d: 1
  {{- end }}
{{- else }}
e: 1
  {{- if .Values.on }}
f: 1
  {{- end }}
{{- end }}
";
        assert_eq!(rendered(template).unwrap(), "a: x.ns\nb: true\nd: 1\n");
        assert_eq!(
            rendered("{{- if .Values.empty }}\na\n{{- end }}\n").unwrap(),
            ""
        );
    }

    #[test]
    fn what_is_not_used_of_helm_is_refused_with_its_line() {
        for (template, told) in [
            ("a\n{{ .Values.z }}", "line 2: `.Values.z`"),
            (
                "{{ .Values.name | quote }}",
                "line 1: `.Values.name | quote`",
            ),
            ("{{- range .Values.name }}", "line 1: `range"),
            ("{{- if eq .Values.name x }}", "line 1: `if eq"),
            ("{{- else }}", "line 1: an `else`"),
            ("{{- end }}", "line 1: an `end`"),
            ("{{- if .Values.on", "line 1: an action"),
            ("a {{ b", "line 1: an action"),
            ("{{- if .Values.on }}", "a condition that does not end"),
        ] {
            let error = rendered(template).unwrap_err();
            assert!(error.starts_with(told), "{template}: {error}");
        }
    }
}
