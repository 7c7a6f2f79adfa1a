"""What a policy may say: the forms of rule files and of the points tables of models."""
