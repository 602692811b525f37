"""One cause is one failure. What fails only because something else does was not examined, and says
on what it depends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from functions.doctor.check import Finding, skipped

# The cause of findings about hosts whose names cannot be resolved.
DNS = "DNS"

Found = Sequence[tuple[str, Sequence[Finding]]]


def told_once(found: Found) -> list[tuple[str, list[Finding]]]:
    """The findings of each examination, by name. The first failure of a cause stays; later ones,
    and those that another examination's failure explains, become "not examined"."""
    return [(name, list(findings)) for name, findings in _grouped(_explained(found))]


def _grouped(found: Found) -> Found:
    """Leaves one failure of each cause."""
    hosts = list(
        dict.fromkeys(
            finding.subject for _, findings in found for finding in findings if _is_dns(finding)
        )
    )
    first: dict[str, tuple[str, Finding]] = {}
    grouped = []
    for name, findings in found:
        kept = []
        for finding in findings:
            if finding.status != "fail" or not finding.cause:
                kept.append(finding)
            elif finding.cause in first:
                where, told = first[finding.cause]
                kept.append(_not_examined(finding, name, where, told.detail))
            else:
                told = _no_network(finding, hosts) if _is_dns(finding) else finding
                first[finding.cause] = (name, told)
                kept.append(told)
        grouped.append((name, kept))
    return grouped


def _is_dns(finding: Finding) -> bool:
    return finding.status == "fail" and finding.cause == DNS


def _no_network(finding: Finding, hosts: Sequence[str]) -> Finding:
    """If several names are not known, the names are right and the network is missing."""
    if len(hosts) < 2:
        return finding
    return replace(
        finding,
        detail=f"DNS knows none of {', '.join(filter(None, hosts))}",
        fix="This machine has no network, or a DNS server that does not answer: connect it, and"
        " run the doctor again",
    )


def _not_examined(finding: Finding, name: str, where: str, detail: str) -> Finding:
    see = "see above" if where == name else f"see {where}"
    said = detail if detail[1:2].isupper() else f"{detail[:1].lower()}{detail[1:]}"
    return skipped(finding.subject, f"Not examined: {said} ({see})")


def _explained(found: Found) -> Found:
    failing = {
        name for name, findings in found if any(finding.status == "fail" for finding in findings)
    }

    def explain(finding: Finding) -> Finding:
        cause = next((name for name in finding.because if name in failing), None)
        if finding.status != "fail" or cause is None:
            return finding
        return skipped(finding.subject, f"Not examined: it depends on {cause}, which failed")

    return [(name, [explain(finding) for finding in findings]) for name, findings in found]
