"""Small changes to a bundle's lines, and the codes of what was found."""

from tests.factories import bundles as made


def codes(findings):
    return {problem.code for problem in findings.problems}


def altered_lines(members, file, change):
    return made.resealed(made.with_lines(members, file, change(made.lines_of(members, file))))
